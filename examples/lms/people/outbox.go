package people

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Mail is a message to one address.
type Mail struct {
	To, Subject, Text string
}

// Outbox is the mail server of the example: it keeps what it is given, and
// prints it where the program was started. There is no page that shows it, since
// who can read a mail with a link to a new password owns the account. It is safe
// for concurrent use.
type Outbox struct {
	mu    sync.Mutex
	out   io.Writer
	sent  []Mail
	added chan struct{} // closed with each mail, and made anew
}

// NewOutbox returns an outbox that prints to out.
func NewOutbox(out io.Writer) *Outbox { return &Outbox{out: out, added: make(chan struct{})} }

// keep is how many mails are kept.
const keep = 100

// Send keeps and prints a mail.
func (o *Outbox) Send(m Mail) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, m)
	if len(o.sent) > keep {
		o.sent = o.sent[len(o.sent)-keep:]
	}
	fmt.Fprintf(o.out, "--- mail to %s: %s\n%s\n---\n", line(m.To), line(m.Subject), m.Text)
	close(o.added)
	o.added = make(chan struct{})
}

// line is a text as one line, whatever somebody has put into it.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// Sent returns the mails that are kept, oldest first, and a channel that is
// closed when another one has come.
func (o *Outbox) Sent() (all []Mail, next <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Mail(nil), o.sent...), o.added
}
