package backendaitest

import (
	"encoding/json"
	"time"
)

// row is the session as a list has it, every field. It wants the lock. Fields
// that are JSON inside a text are so in the manager too.
func (e *Session) row() map[string]any {
	return map[string]any{
		"id": e.id, "session_id": e.id, "name": e.name, "type": e.spec.Type, "tag": nil,
		"image": e.spec.Image, "architecture": "x86_64", "registry": "cr.backend.ai",
		"cluster_mode": "single-node", "cluster_size": len(e.kernels), "scaling_group": "default",
		"domain_name": "default", "group_name": e.spec.Project, "group_id": e.owner.owner.id,
		"user_email": e.owner.owner.Email, "user_id": e.owner.owner.id, "access_key": e.owner.access,
		"created_user_email": e.owner.owner.Email, "created_user_id": e.owner.owner.id,
		"status": e.status, "status_changed": timeText(e.changed), "status_info": e.info(), "status_data": "{}",
		"created_at": timeText(e.created), "terminated_at": timeText(e.ended),
		"result": "UNDEFINED", "resource_opts": "{}", "occupied_slots": `{"cpu": "1", "mem": "536870912"}`,
		"occupying_slots": `{"cpu": "1", "mem": "536870912"}`, "requested_slots": `{"cpu": "1", "mem": "536870912"}`, "priority": 10,
		"num_queries": e.downloads, "mounts": []string{}, "dependencies": []any{},
		"service_ports": e.servicePorts(), "containers": e.containerRows(),
		"idle_checks": e.idleText(), "main_kernel_id": e.kernels[0].id, "main_kernel_role": "main",
	}
}

func (e *Session) info() any {
	if e.statusInfo == "" && e.server.release.statusInfoNull {
		return nil
	}
	return e.statusInfo
}

func (e *Session) containerRows() []map[string]any {
	var rows []map[string]any
	for _, k := range e.kernels {
		var container any
		if k.containerID != "" {
			container = k.containerID
		}
		rows = append(rows, map[string]any{
			"id": k.id, "kernel_id": k.id, "session_id": e.id, "container_id": container, "agent": "i-simulated",
			"cluster_idx": k.index, "cluster_role": k.role, "cluster_hostname": k.hostname(),
			"idx": k.index, "role": k.role, "hostname": k.hostname(),
			"image": e.spec.Image, "architecture": "x86_64", "registry": "cr.backend.ai",
			"status": k.status, "status_changed": timeText(k.changed), "status_info": "", "status_data": "{}",
			"created_at": timeText(e.created), "terminated_at": timeText(e.ended),
			"resource_opts": "{}", "occupied_slots": `{"cpu": "1", "mem": "536870912"}`,
		})
	}
	return rows
}

// An app is one entry of a session's service ports.
type app struct {
	Name           string `json:"name"`
	Protocol       string `json:"protocol"`
	ContainerPorts []int  `json:"container_ports"`
	HostPorts      []any  `json:"host_ports"`
	IsInference    bool   `json:"is_inference"`
}

// listedApps are what a main container offers, in the manager's order.
func (e *Session) listedApps() []app {
	ttyd := app{Name: "ttyd", Protocol: "http", ContainerPorts: []int{7681}, HostPorts: []any{30730}}
	if e.spec.NoSSHApp {
		return []app{ttyd}
	}
	return []app{{Name: "sshd", Protocol: "tcp", ContainerPorts: []int{sshdPort}, HostPorts: []any{30729}}, ttyd}
}

// sshdPort is where every container's ssh server listens, inside of it.
const sshdPort = 2200

// servicePorts is null before a container runs.
func (e *Session) servicePorts() any {
	if e.spec.NoServicePorts || e.kernels[0].containerID == "" {
		return nil
	}
	text, err := json.Marshal(e.listedApps())
	if err != nil {
		panic(err)
	}
	return string(text)
}

// timeText is how the manager writes times; none is null.
func timeText(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000-07:00")
}
