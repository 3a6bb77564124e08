package azure

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// The number must be the one of the challenge, digit by digit: of any other,
// somebody may know the primes. RSA published that it has 617 decimal digits
// whose sum is 2738.
func TestNobodysKey_IsOfTheNumberWhosePrimesWereThrownAway(t *testing.T) {
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(nobodysKey)[1])
	if err != nil {
		t.Fatal(err)
	}
	var fields [][]byte
	for len(blob) > 0 {
		n := binary.BigEndian.Uint32(blob)
		fields, blob = append(fields, blob[4:4+n]), blob[4+n:]
	}
	if len(fields) != 3 || string(fields[0]) != "ssh-rsa" {
		t.Fatalf("it is no RSA key: %q", fields)
	}
	number := new(big.Int).SetBytes(fields[2])
	sum := 0
	for _, digit := range number.String() {
		sum += int(digit - '0')
	}
	if len(number.String()) != 617 || sum != 2738 || number.BitLen() != 2048 || number.ProbablyPrime(8) {
		t.Errorf("it has %d digits of sum %d", len(number.String()), sum)
	}
	if !strings.HasPrefix(number.String(), "25195908475657893494") || !strings.HasSuffix(number.String(), "22120720357") {
		t.Errorf("it is %s", number)
	}
	if !keyForm.MatchString(nobodysKey) {
		t.Error("Azure would not take it")
	}
	for _, one := range slices.Collect(maps.Values(ofKind(declare(t, inputs(demo(nil))), "VirtualMachine"))) {
		if got := one.at(t, "osProfile", "linuxConfiguration", "ssh", "publicKeys", 0, "keyData"); got != nobodysKey {
			t.Errorf("%s takes the key %v", one.Name, got)
		}
	}
}
