package backendaitest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"io"
	"net/http"
)

// decode replaces a body that is marked as encrypted by what it says. The key is
// no secret: it hides passwords from those who look on where there is no TLS, and
// the vendor's clients since 25 sign in with it there. With the wrong key a web
// server breaks.
func (c *webCall) decode() bool {
	if c.r.Header.Get("X-BackendAI-Encoded") == "" {
		return true
	}
	body, err := io.ReadAll(c.r.Body)
	if err != nil || len(body) == 0 {
		return err == nil
	}
	scheme := "http"
	if c.server.secure != nil {
		scheme = "https"
	}
	plain, ok := decrypt(scheme+"://"+c.r.Host, body)
	if !ok {
		http.Error(c.w, "500 Internal Server Error\n\nServer got itself in trouble", http.StatusInternalServerError)
		return false
	}
	c.r.Body, c.r.ContentLength = io.NopCloser(bytes.NewReader(plain)), int64(len(plain))
	return true
}

// decrypt reads "IV:BASE64", AES-256-CBC with a key from the endpoint and the IV.
func decrypt(endpoint string, body []byte) ([]byte, bool) {
	iv, encoded, found := bytes.Cut(body, []byte(":"))
	text, err := base64.StdEncoding.DecodeString(string(encoded))
	if !found || err != nil || len(iv) != aes.BlockSize || len(text) == 0 || len(text)%aes.BlockSize != 0 {
		return nil, false
	}
	key := append([]byte(base64.StdEncoding.EncodeToString([]byte(endpoint))), append(bytes.Clone(iv), iv...)...)[:32]
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, text)
	padding := int(text[len(text)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, false
	}
	return text[:len(text)-padding], true
}
