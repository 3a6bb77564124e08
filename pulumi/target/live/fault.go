package live

import "errors"

// Reason is why a cloud did not answer, as far as it matters for what to do.
type Reason string

// The reasons.
const (
	// NotFound: what was asked for does not exist, or not to whoever asks.
	NotFound Reason = "not found"
	// Unauthenticated: there are no credentials, or they are not valid.
	Unauthenticated Reason = "not authenticated"
	// Denied: the credentials are valid and may not do this.
	Denied Reason = "denied"
	// Disabled: the API is not enabled, or the provider not registered.
	Disabled Reason = "disabled"
)

// Fault is an answer of a cloud that is none, in our words.
type Fault struct {
	Reason Reason
	// Of is what it is about: the API that is disabled, the permission that is
	// missing; empty where the cloud does not say.
	Of string
	// Err is the cloud's own answer.
	Err error
}

func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives the cloud's own answer.
func (f *Fault) Unwrap() error { return f.Err }

// Because tells whether an error is a Fault of this reason.
func Because(err error, reason Reason) bool {
	var fault *Fault
	return errors.As(err, &fault) && fault.Reason == reason
}

// About is what a fault is about; empty for other errors.
func About(err error) string {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault.Of
	}
	return ""
}
