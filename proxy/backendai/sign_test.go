package backendai

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The vectors were checked against the server's own signing and verifying code.
func TestSignature(t *testing.T) {
	keys := KeyPair{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	const day1 = "2024-05-01T12:34:56.789012+00:00"
	tests := []struct {
		name, method, address, date, day, contentType, version, want string
	}{
		{
			"websocket", "GET", "https://api.example.com/stream/session/1f7a6d2e-3b0c-4b4e-9d51-0a5f2c9e8b77/tcpproxy?app=sshd",
			day1, "20240501", "", "v6.20220615", "38950a7f1b50a523b893869d110b39d917b0ee990a9851ec5a7eedd51b4fa392",
		},
		{
			"GraphQL", "POST", "https://api.example.com/admin/gql",
			day1, "20240501", "application/json", "v6.20220615", "dc021d7c884c0a2b0a8db4fd3da3aedbe99a1bdd7d571e3d386182e35afb0f7b",
		},
		{
			"port in host", "GET", "http://127.0.0.1:8081/events/session?sessionName=%2A&ownerAccessKey=AKIAIOSFODNN7EXAMPLE&scope=session",
			day1, "20240501", "", "v4.20190615", "3b903b225cc09927ea98157a97333284ea4fda8f3b3591b0a079348fbe239754",
		},
		{
			"day of the offset", "GET", "https://api.example.com/auth/ssh-keypair",
			"2024-05-02T00:05:00+09:00", "20240502", "text/plain; charset=utf-8", "v6.20220615", "170ed96613d56c9d81a0a9380eb10c0d38f2c852426d205731adbb0c63d03cb4",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, tt.address, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-BackendAI-Version", tt.version)
			if tt.contentType != "" {
				req.Header.Set("Content-Type", tt.contentType)
			}
			if got := keys.signature(req, tt.date, tt.day); got != tt.want {
				t.Errorf("signature = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSecretKeyIsNeverPrinted(t *testing.T) {
	keys := KeyPair{AccessKey: "AKIA", SecretKey: "hidden"}
	if said := fmt.Sprintf("%v %+v %#v %s", keys, keys, keys, &keys); strings.Contains(said, "hidden") {
		t.Errorf("printed as %s", said)
	}
}
