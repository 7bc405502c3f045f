package lifecycle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// How long the fields of a sign-up may be, in bytes.
const (
	MaxNameLen     = 200
	maxLanguageLen = 35 // RFC 5646 section 4.4.1
	minKeyLen      = 16
	maxKeyLen      = 200
)

// Signup is what somebody without a tenant asks for. Name, Code, Language and
// Key may come from a form as they are; the account of the first administrator
// is for a hook of the call.
type Signup struct {
	Name     string // of the company; space around it is dropped
	Code     string // the short name; [DeriveCode] of Name where it is empty
	Language string // optional, a BCP 47 tag

	// Key makes the sign-up safe to repeat: something random of at least 16
	// bytes that the form carries along, such as its CSRF token. Only its hash
	// is kept. Without one, or with another one, a second sign-up with the same
	// code is told that it is taken, as for anybody else.
	Key string

	// Record holds what the application decides: the user limit, the theme, the
	// host, metadata. Never fill it from a form. Its id, code, name, language
	// and status do not count.
	Record tenant.Tenant
}

// Provision makes a tenant for somebody who signs up by themselves, and returns
// ctx switched into it. The call's own hooks create the first administrator,
// inside the new tenant and in the same transaction: there is no moment in which
// one of them exists without the other.
//
// What is wrong with the form is an [*InvalidError], which names the fields: a
// name of the installation is [ErrReserved], whoever asks; a code that somebody
// has is [tenant.ErrTaken]. A repeated sign-up with the same Key and content
// gives the tenant that the first one made and runs no hooks, so the first
// administrator is that of the first.
//
// It may be called where [Manager.Create] may; a central sign-up route has no
// tenant in its context. With an error the returned context refuses everything.
func (m *Manager) Provision(ctx context.Context, s Signup, also ...tenant.Hook) (context.Context, tenant.Tenant, error) {
	t, err := m.provision(ctx, s, also)
	if err != nil {
		return tenant.Switch(ctx, "", "lifecycle: a sign-up that failed"), tenant.Tenant{}, err
	}
	return tenant.NewContext(tenant.Switch(ctx, t.ID, "lifecycle: into the tenant that was just created"), &t), t, nil
}

func (m *Manager) provision(ctx context.Context, s Signup, also []tenant.Hook) (tenant.Tenant, error) {
	if err := operator(ctx); err != nil {
		return tenant.Tenant{}, err
	}
	t, err := m.signup(s)
	if err != nil {
		return tenant.Tenant{}, err
	}
	t, created, err := m.create(ctx, t, also)
	if err == nil && !created && s.Key == "" {
		err = tenant.ErrTaken // it says the same, but anybody could have said it
	}
	if errors.Is(err, tenant.ErrTaken) {
		return tenant.Tenant{}, &InvalidError{[]FieldError{{"code", tenant.ErrTaken}}}
	}
	return t, err
}

// CheckSignup returns what is wrong with the form as an [*InvalidError], without
// asking the database, so not whether the code is taken.
func (m *Manager) CheckSignup(s Signup) error {
	_, err := m.signup(s)
	return err
}

// signup returns the tenant that the form describes.
func (m *Manager) signup(s Signup) (tenant.Tenant, error) {
	t := s.Record
	t.ID, t.Status = "", tenant.Active
	t.Metadata = maps.Clone(s.Record.Metadata)
	keepOwnKeys(&tenant.Tenant{}, &t)
	t.Name, t.Code, t.Language = strings.TrimSpace(s.Name), s.Code, s.Language
	if t.Code == "" {
		t.Code = DeriveCode(t.Name)
	}
	var wrong []FieldError
	for _, f := range []FieldError{
		{"name", checkName(t.Name)}, {"code", m.checkCode(t.Code)}, {"language", checkLanguage(t.Language)}, {"key", checkKey(s.Key)},
	} {
		if f.Err != nil {
			wrong = append(wrong, f)
		}
	}
	if len(wrong) > 0 {
		return tenant.Tenant{}, &InvalidError{wrong}
	}
	if s.Key != "" {
		if t.Metadata == nil {
			t.Metadata = map[string]string{}
		}
		sum := sha256.Sum256([]byte(s.Key))
		t.Metadata[keySignup] = hex.EncodeToString(sum[:])
	}
	return t, nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return ErrRequired
	case len(name) > MaxNameLen:
		return ErrTooLong
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return ErrMalformed // control and formatting characters, such as those that reverse the direction of text
	default:
		return nil
	}
}

func (m *Manager) checkCode(code string) error {
	switch {
	case code == "":
		return ErrRequired
	case !tenant.ValidCode(code) || strings.HasSuffix(code, "-"): // which no host name has
		return ErrMalformed
	case m.isReserved(code):
		return ErrReserved
	default:
		return nil
	}
}

func checkLanguage(tag string) error {
	if len(tag) > maxLanguageLen {
		return ErrTooLong
	}
	for _, c := range []byte(tag) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return ErrMalformed
		}
	}
	return nil
}

func checkKey(key string) error {
	switch {
	case len(key) > maxKeyLen:
		return ErrTooLong
	case key != "" && len(key) < minKeyLen:
		return ErrMalformed // somebody else could guess it
	default:
		return nil
	}
}

// maxDerivedLen is the longest code that DeriveCode makes, in bytes.
const maxDerivedLen = 40

// DeriveCode returns a short name for a full one, to be suggested in a form:
// its letters and digits in lower case, common Latin letters without their
// accents, a hyphen for whatever is in between. It is empty where too little
// remains, such as of a name in another script; then the form has to ask.
func DeriveCode(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range name {
		letters := plainLatin(unicode.ToLower(r))
		if letters == "" {
			gap = b.Len() > 0
			continue
		}
		if b.Len() == 0 && letters[0] <= '9' {
			b.WriteString("t-") // a code begins with a letter
		}
		if b.Len()+len(letters)+1 > maxDerivedLen {
			break
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteString(letters)
	}
	if code := b.String(); tenant.ValidCode(code) {
		return code
	}
	return ""
}

// plainLatin returns a lower-case letter or digit in ASCII, or "".
func plainLatin(r rune) string {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return string(r)
	case r == 'ß':
		return "ss"
	case r == 'æ':
		return "ae"
	case r == 'œ':
		return "oe"
	}
	for _, family := range []string{
		"aàáâãäåāăą", "cçćĉċč", "dďđð", "eèéêëēĕėęě", "gĝğġģ", "hĥħ", "iìíîïĩīĭįı", "jĵ", "kķ", "lĺļľŀł", "nñńņň",
		"oòóôõöøōŏő", "rŕŗř", "sśŝşšș", "tţťŧț", "uùúûüũūŭůűų", "wŵ", "yýÿŷ", "zźżž",
	} {
		if strings.ContainsRune(family, r) {
			return family[:1]
		}
	}
	return ""
}
