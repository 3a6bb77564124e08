// Package common stands in for the package of this name in Tencent's SDK, as
// far as flannel calls it. Our flannel has no Tencent VPC backend.
package common

// StringPtr returns a pointer to s.
func StringPtr(s string) *string { return &s }

// BoolPtr returns a pointer to b.
func BoolPtr(b bool) *bool { return &b }

// StringPtrs returns a pointer to each of values.
func StringPtrs(values []string) []*string {
	pointers := make([]*string, 0, len(values))
	for _, value := range values {
		pointers = append(pointers, &value)
	}
	return pointers
}
