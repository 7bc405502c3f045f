package tenant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// message is what a [Codec] writes:
//
//	1:AUDIENCE:ISSUED:MODE:TENANT:ACTOR:ID:TENANT:KEY:SIGNATURE
//
// The fields are escaped as those of [Key] are. ISSUED is in seconds of Unix
// time, MODE "t", "g" or, for a tenant that may not be switched away from, "b",
// ACTOR "-" for none, "a" for one and "g" for a guest,
// with the account's id and its own tenant behind it. KEY and SIGNATURE are
// empty where the text is not signed. The signature, in base64url, covers
// every byte before it, and the body. There is exactly one text for a message:
// whatever does not come out again as it went in is refused.
type message struct {
	audience string
	issued   int64
	tenant   ID // empty in global mode
	bound    bool
	actor    *Actor
	key      string
	mac      []byte

	text string // the bytes that are signed, of a parsed message
}

const (
	messageFields  = 10
	messageVersion = "1"
	// maxMessage is well within what HTTP/2, gRPC (8 KiB) and the queues allow
	// for all headers together.
	maxMessage = 2048
)

// check returns what no message may say, whoever signed it.
func (m *message) check() error {
	if m.tenant != "" {
		if err := m.tenant.check(); err != nil {
			return err
		}
	}
	if m.actor == nil {
		return nil
	}
	if t := m.actor.Tenant; t != "" && t != m.tenant {
		return fmt.Errorf("tenant: the actor of a message: %w", ErrNotMember)
	}
	if m.actor.Anonymous() && (m.actor.Tenant != "" || m.actor.Guest) {
		return errors.New("tenant: the actor of a message has no id, but a tenant or a guest's mark")
	}
	// Escaping makes three bytes of one at most; the other fields are short.
	if len(m.actor.ID) > 400 {
		return errors.New("tenant: the actor's id is longer than the 400 bytes that a message carries")
	}
	return nil
}

// unsigned returns the text with an empty signature.
func (m *message) unsigned() string { return m.head("") }

// signed returns the text with a signature under the key.
func (m *message) signed(key string, secret, body []byte) string {
	m.text = m.head(key)
	return m.text + base64.RawURLEncoding.EncodeToString(m.sign(secret, body))
}

// head returns everything before the signature.
func (m *message) head(key string) string {
	mode := "t"
	switch {
	case m.tenant == "":
		mode = "g"
	case m.bound:
		mode = "b"
	}
	kind, actor := "-", Actor{}
	if m.actor != nil {
		kind, actor = "a", *m.actor
		if actor.Guest {
			kind = "g"
		}
	}
	return joinEscaped(messageVersion, []string{
		m.audience, strconv.FormatInt(m.issued, 10), mode, string(m.tenant), kind, actor.ID, string(actor.Tenant), key, "",
	})
}

// sign returns the signature of the text and the body. The first line keeps the
// same secret from meaning something else elsewhere; the text has no line
// breaks, and the body comes as a hash of one length.
func (m *message) sign(secret, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("tenancy message context\n"))
	mac.Write([]byte(m.text))
	mac.Write([]byte("\n"))
	if body != nil {
		sum := sha256.Sum256(body)
		mac.Write(sum[:])
	}
	return mac.Sum(nil)
}

func parseMessage(text string) (*message, error) {
	malformed := func(what string) (*message, error) {
		return nil, fmt.Errorf("%w: %s", ErrMessageMalformed, what)
	}
	if len(text) > maxMessage {
		return malformed("it is too long")
	}
	fields := strings.Split(text, ":")
	if len(fields) != messageFields || fields[0] != messageVersion {
		return malformed("it has another version or another number of fields")
	}
	signature := fields[messageFields-1]
	for i, f := range fields[:messageFields-1] {
		plain, ok := unescape(f)
		if !ok {
			return malformed("a field is not escaped as it should be")
		}
		fields[i] = plain
	}
	issued, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || issued < 0 || issued > 1<<40 {
		return malformed("the time is none")
	}
	m := &message{audience: fields[1], issued: issued, tenant: ID(fields[4]), bound: fields[3] == "b", key: fields[8]}
	if (m.tenant == "") != (fields[3] == "g") {
		return malformed("mode and tenant do not fit")
	}
	if kind := fields[5]; kind != "-" {
		m.actor = &Actor{ID: fields[6], Tenant: ID(fields[7]), Guest: kind == "g"}
	}
	if m.mac, err = base64.RawURLEncoding.DecodeString(signature); err != nil {
		return malformed("the signature is no base64url")
	}
	if (m.key == "") != (len(m.mac) == 0) {
		return malformed("key and signature do not fit")
	}
	// The decoder passes over line breaks and bits at the end.
	m.text = m.head(m.key)
	if m.text+base64.RawURLEncoding.EncodeToString(m.mac) != text {
		return malformed("it is not in the one form there is")
	}
	return m, nil
}
