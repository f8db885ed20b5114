package windows

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A table is one of an MSI's, as msibuild imports it. It takes the place of the
// one that wixl made, if it made one.
type table struct {
	name    string
	columns []string // name and type
	keys    []string
	rows    [][]string
}

// text is the archive format of a table: names, types, keys, rows.
func (t table) text() string {
	var names, types []string
	for _, c := range t.columns {
		name, typ, _ := strings.Cut(c, " ")
		names, types = append(names, name), append(types, typ)
	}
	lines := [][]string{names, types, append([]string{t.name}, t.keys...)}
	var out strings.Builder
	for _, line := range append(lines, t.rows...) {
		out.WriteString(strings.Join(line, "\t") + "\r\n")
	}
	return out.String()
}

// tables are those that wixl 0.101 cannot make, or makes wrong.
func (p Package) tables() []table {
	return []table{p.upgrade(), p.environment(), p.serviceConfig(), p.failureActions()}
}

// Attributes of the table Upgrade.
const (
	migrateFeatures = 1
	onlyDetect      = 2
	minInclusive    = 256
	maxInclusive    = 512
)

// upgrade says which versions are replaced. Other builds of the same version are
// too: Windows compares three numbers, and would have both installed.
func (p Package) upgrade() table {
	older := migrateFeatures | minInclusive | maxInclusive
	return table{
		name: "Upgrade",
		columns: []string{
			"UpgradeCode s38", "VersionMin S20", "VersionMax S20", "Language S255",
			"Attributes i4", "Remove S255", "ActionProperty s72",
		},
		keys: []string{"UpgradeCode", "VersionMin", "VersionMax", "Language", "Attributes"},
		rows: [][]string{
			{guid(p.UpgradeCode), "0.0.0", p.Version, "", strconv.Itoa(older), "", "OLDER"},
			{guid(p.UpgradeCode), p.Version, "", "", strconv.Itoa(onlyDetect), "", "NEWER"},
		},
	}
}

// environment has "=" for set, "-" for removed at the end, "*" for the system's,
// and "[~]" for what a variable held before.
func (p Package) environment() table {
	t := table{
		name:    "Environment",
		columns: []string{"Environment s72", "Name l255", "Value L255", "Component_ s72"},
		keys:    []string{"Environment"},
	}
	for i, v := range p.Env.Vars {
		value := v.Value
		switch v.Part {
		case "last":
			value = "[~];" + value
		case "first":
			value += ";[~]"
		}
		t.rows = append(t.rows, []string{fmt.Sprintf("Variable%d", i), "=-*" + v.Name, value, "Environment"})
	}
	return t
}

// servicePart is the component of the service's program.
func (p Package) servicePart() string {
	for _, part := range p.parts() {
		if part.Service {
			return part.ID
		}
	}
	return ""
}

const (
	atInstall         = "1" // the column Event
	failureActionFlag = "4" // SERVICE_CONFIG_FAILURE_ACTIONS_FLAG
	restart           = "1" // SC_ACTION_RESTART
)

// serviceConfig has a service started again also when it ends by itself with an
// error, not only when it crashes.
func (p Package) serviceConfig() table {
	return table{
		name: "MsiServiceConfig",
		columns: []string{
			"MsiServiceConfig s72", "Name s255", "Event i2", "ConfigType i4", "Argument S0", "Component_ s72",
		},
		keys: []string{"MsiServiceConfig"},
		rows: [][]string{{"ServiceFailureFlag", p.Service.Name, atInstall, failureActionFlag, "1", p.servicePart()}},
	}
}

// failureActions says when a service that failed is started again.
func (p Package) failureActions() table {
	var actions, delays []string
	for _, after := range p.Service.RestartAfter {
		actions = append(actions, restart)
		delays = append(delays, strconv.FormatInt(time.Duration(after).Milliseconds(), 10))
	}
	forgotten := strconv.Itoa(int(time.Duration(p.Service.RestartsForgottenAfter).Seconds()))
	return table{
		name: "MsiServiceConfigFailureActions",
		columns: []string{
			"MsiServiceConfigFailureActions s72", "Name s255", "Event i2", "ResetPeriod I4", "RebootMessage L255",
			"Command L255", "Actions S0", "DelayActions S0", "Component_ s72",
		},
		keys: []string{"MsiServiceConfigFailureActions"},
		rows: [][]string{{
			"ServiceFailure", p.Service.Name, atInstall, forgotten, "", "",
			strings.Join(actions, "[~]"), strings.Join(delays, "[~]"), p.servicePart(),
		}},
	}
}

// actions are what carries out tables that wixl does not know, and when: the
// places are those of Windows' own sequence.
var actions = map[string]struct {
	at        int
	condition string
}{
	"RemoveEnvironmentStrings": {at: 3300},
	"WriteEnvironmentStrings":  {at: 5200},
	"MsiConfigureServices":     {at: 5850, condition: "VersionMsi >= \"5.00\""},
}
