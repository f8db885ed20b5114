package filezilla

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	"golang.org/x/crypto/ssh"
)

// puttyKey spells a host key as PuTTY's store does, to the letter: PuTTY
// compares texts, and what differs in a zero is "another key" to it.
func puttyKey(key ssh.PublicKey) (kind, value string, err error) {
	typed, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return "", "", unknownKey(key)
	}
	switch k := typed.CryptoPublicKey().(type) {
	case *rsa.PublicKey:
		return "rsa2", fmt.Sprintf("0x%x,0x%x", k.E, k.N), nil
	case ed25519.PublicKey:
		x, y, err := affine(k)
		return key.Type(), fmt.Sprintf("0x%x,0x%x", x, y), err
	case *ecdsa.PublicKey:
		return ecdsaKey(key, k)
	}
	return "", "", unknownKey(key)
}

func ecdsaKey(key ssh.PublicKey, k *ecdsa.PublicKey) (kind, value string, err error) {
	point, err := k.Bytes() // 4, x, y
	if err != nil {
		return "", "", err
	}
	size := len(point) / 2
	x, y := new(big.Int).SetBytes(point[1:1+size]), new(big.Int).SetBytes(point[1+size:])
	return key.Type(), fmt.Sprintf("nistp%d,0x%x,0x%x", k.Params().BitSize, x, y), nil
}

func unknownKey(key ssh.PublicKey) error {
	return fmt.Errorf("FileZilla does not know host keys of type %s", key.Type())
}

// affine gives back the x of a point of which the key holds only y and a sign.
func affine(key ed25519.PublicKey) (x, y *big.Int, err error) {
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil || !bytes.Equal(point.Bytes(), key) { // the second: not in the one spelling that counts
		return nil, nil, errors.New("the host key is not a point of its curve")
	}
	px, py, pz, _ := point.ExtendedCoordinates()
	inverse := new(field.Element).Invert(pz)
	return number(px.Multiply(px, inverse)), number(py.Multiply(py, inverse)), nil
}

// number reads an element, whose bytes begin with the lowest.
func number(e *field.Element) *big.Int {
	b := e.Bytes()
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}
