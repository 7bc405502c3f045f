package confignats

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What can be wrong with the bucket. Whatever the client of NATS says comes
// wrapped, and no error names a tenant, an account or a value.
var (
	// ErrUnsuitable: the stream behind the bucket exists and is set up in a way
	// in which settings or their history would be lost, or read when they are
	// old. The error says which setting of the stream to change.
	ErrUnsuitable = errors.New("confignats: the bucket is not fit for settings")

	// ErrMalformed: an entry was not written by this package, or by a later
	// version of it.
	ErrMalformed = errors.New("confignats: an entry of the bucket is not understood; a later version or another program wrote it")
)

// SizeError is returned by [Store.Write] where one owner's settings would
// become larger than the server takes in one message. Nothing has happened
// then. The limit is the server's max_payload, or the stream's max_msg_size
// where that is smaller.
type SizeError struct {
	Size  int   // bytes that the owner's document would have
	Limit int64 // bytes it may have; 0 where it is the stream's and not known here
}

// Error says what to do.
func (e *SizeError) Error() string {
	limit := "the stream takes no message of that size"
	if e.Limit > 0 {
		limit = fmt.Sprintf("the server takes %d", e.Limit)
	}
	return fmt.Sprintf("confignats: the settings of one owner would take %d bytes, and %s: "+
		"keep large values elsewhere, or raise max_payload or max_msg_size", e.Size, limit)
}

// tooLargeForStream is the server's code for a message above max_msg_size.
const tooLargeForStream = 10054

// headerSize is what the headers of a message may take of max_payload.
const headerSize = 512

func sizeError(err error, size int) error {
	var api *jetstream.APIError
	if errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.ErrorCode == tooLargeForStream {
		return &SizeError{Size: size}
	}
	return err
}

// wrap adds whose error it is.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("confignats: %w", err)
}
