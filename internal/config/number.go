package config

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// bindNumber takes decimal digits only: YAML reads 010 as eight, which nobody
// means.
func (b *binder) bindNumber(n *yaml.Node, v reflect.Value, path string) {
	tag := n.ShortTag()
	whole := v.Kind() != reflect.Float64
	if n.Kind != yaml.ScalarNode || (tag != "!!int" && tag != "!!float") {
		b.wrongType(n, v.Kind(), path)
		return
	}
	if whole && !decimal.MatchString(n.Value) {
		b.oddNumber(n, v, path)
		return
	}
	var err error
	switch {
	case v.CanInt():
		var number int64
		number, err = strconv.ParseInt(n.Value, 10, v.Type().Bits())
		v.SetInt(number)
	case v.CanUint():
		var number uint64
		number, err = strconv.ParseUint(n.Value, 10, v.Type().Bits())
		v.SetUint(number)
	default:
		var number float64
		if number, err = strconv.ParseFloat(n.Value, 64); math.IsInf(number, 0) || math.IsNaN(number) {
			err = strconv.ErrRange
		}
		v.SetFloat(number)
	}
	if err != nil {
		b.fault(path, fmt.Sprintf("%s is not a number that can stand here", n.Value), bounds(v))
	}
}

// decimal is a whole number as everybody writes it.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// oddNumber reports a number that is not written as a whole number is, and
// proposes what it may have meant.
func (b *binder) oddNumber(n *yaml.Node, v reflect.Value, path string) {
	message, fix := fmt.Sprintf("%s is not written in decimal digits alone", n.Value), "write a whole number in decimal digits"
	plain := strings.TrimPrefix(strings.ReplaceAll(n.Value, "_", ""), "+")
	decimals := strings.TrimLeft(plain, "0")
	switch number, ok := wholeNumber(plain); {
	case n.ShortTag() == "!!float" && !ok:
		message, fix = "must be a whole number, but is "+n.Value, "write a whole number"
	case decimal.MatchString(plain):
		fix = "write " + plain
	case decimal.MatchString(decimals) && ok && decimals != number:
		message = fmt.Sprintf("%s begins with a zero, which YAML takes for octal", n.Value)
		fix = fmt.Sprintf("write %s, or %s if octal was meant", decimals, number)
	case decimal.MatchString(decimals):
		fix = "write " + decimals
	case ok:
		fix = "write " + number
	}
	b.fault(path, message, fix)
}

// wholeNumber is a number of any notation in decimal digits, where it is whole
// and not absurd.
func wholeNumber(text string) (string, bool) {
	if number, err := strconv.ParseInt(text, 0, 64); err == nil {
		return strconv.FormatInt(number, 10), true
	}
	number, _, err := big.ParseFloat(text, 10, 64, big.ToZero)
	if err != nil && !errors.Is(err, strconv.ErrRange) || number == nil || number.IsInf() || !number.IsInt() {
		return "", false
	}
	if value, exact := number.Int64(); exact == big.Exact {
		return strconv.FormatInt(value, 10), true
	}
	return "", false
}

// bounds says what numbers a field can hold.
func bounds(v reflect.Value) string {
	switch {
	case v.CanUint():
		return fmt.Sprintf("write a number from 0 to %d", uint64(1)<<v.Type().Bits()-1)
	case v.CanInt():
		return "write a number within reason"
	}
	return "write a finite number"
}
