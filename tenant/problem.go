package tenant

import (
	"encoding/json"
	"errors"
	"net/http"
)

// RequestError is why the middleware did not admit a request: the HTTP status
// it stands for, and the cause.
type RequestError struct {
	Status int
	Err    error
}

// Error returns the cause's text. It is for logs; an answer to the client
// should hold no more than the status, as [WriteProblem] does.
func (e *RequestError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// Detail is a sentence for the client: it says no more than the status does,
// neither the cause's text nor a tenant's name. It may be empty.
func (e *RequestError) Detail() string {
	for _, s := range statusOf {
		if errors.Is(e.Err, s.err) {
			return s.detail
		}
	}
	return ""
}

// statusOf is the table of causes that a request can do something about.
// Whatever is not in it is a failure behind us: 503.
var statusOf = []struct {
	err    error
	status int
	detail string
}{
	{ErrMisconfigured, http.StatusInternalServerError, ""},
	{ErrBadHost, http.StatusBadRequest, "The host name of the request is malformed."},
	{ErrInvalidID, http.StatusBadRequest, "The request names its tenant in a malformed way."},
	{ErrMalformed, http.StatusBadRequest, "The request names its tenant in a malformed way."},
	{ErrDisagree, http.StatusBadRequest, "The request contradicts itself."},
	{ErrBadCredential, http.StatusUnauthorized, "Sign in to continue."},
	{ErrUnauthenticated, http.StatusUnauthorized, "Sign in to continue."},
	{ErrNotMember, http.StatusForbidden, "This account has no access here."},
	{ErrForeignSession, http.StatusForbidden, "This session has no access here."},
	{ErrReadOnly, http.StatusForbidden, "Nothing can be changed here."},
	{ErrSeparate, http.StatusForbidden, "This account has no access here."},
	{ErrUnknownTenant, http.StatusNotFound, "There is nothing at this address."},
	{ErrNoAnswer, http.StatusNotFound, "There is nothing at this address."},
	{ErrArchived, http.StatusNotFound, "There is nothing at this address."},
	{ErrSuspended, http.StatusServiceUnavailable, "This site is switched off for now."},
}

func faultOf(err error) *RequestError {
	if fault, is := err.(*RequestError); is { //nolint:errorlint // one that was made here, not one inside
		return fault
	}
	for _, s := range statusOf {
		if errors.Is(err, s.err) {
			return &RequestError{s.status, err}
		}
	}
	return &RequestError{http.StatusServiceUnavailable, err}
}

// WriteProblem answers with application/problem+json (RFC 9457). The body says
// no more than the status does: neither the cause's text nor a tenant's name.
func WriteProblem(w http.ResponseWriter, _ *http.Request, fault *RequestError) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(fault.Status)
	// The status is out: a client that hung up is nobody's error.
	_ = json.NewEncoder(w).Encode(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
	}{"about:blank", http.StatusText(fault.Status), fault.Status, fault.Detail()})
}
