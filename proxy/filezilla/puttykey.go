package filezilla

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"math/big"

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

// The field and the constant d of the curve that Ed25519 is on: RFC 8032, 5.1.
var (
	field = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	curve = func() *big.Int {
		d := new(big.Int).ModInverse(big.NewInt(121666), field)
		return d.Mod(d.Mul(d, big.NewInt(-121665)), field)
	}()
)

// affine gives back the x of a point of which the key holds only y and a sign:
// x² = (y² - 1) / (dy² + 1).
func affine(key ed25519.PublicKey) (x, y *big.Int, err error) {
	be := make([]byte, len(key))
	for i, b := range key {
		be[len(key)-1-i] = b
	}
	sign := uint(be[0] >> 7)
	be[0] &= 0x7f
	y = new(big.Int).SetBytes(be)
	y2 := new(big.Int).Mul(y, y)
	above := new(big.Int).Sub(y2, big.NewInt(1))
	below := new(big.Int).Mul(curve, y2)
	below.ModInverse(below.Add(below, big.NewInt(1)), field)
	x = new(big.Int).ModSqrt(above.Mod(above.Mul(above, below), field), field)
	if x == nil || y.Cmp(field) >= 0 {
		return nil, nil, fmt.Errorf("the host key is not a point of its curve")
	}
	if x.Bit(0) != sign {
		x.Sub(field, x)
	}
	return x, y, nil
}
