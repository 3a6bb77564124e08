// Package errors holds the one error that the stand-in for Tencent's SDK has.
package errors

// TencentCloudSDKError is never returned; flannel asks for its type.
type TencentCloudSDKError struct{ Message string }

// Error says what went wrong.
func (e *TencentCloudSDKError) Error() string { return e.Message }
