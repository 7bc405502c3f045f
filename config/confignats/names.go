package confignats

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// The keys of the bucket:
//
//	settings.global.own                       global settings and those of all groups
//	settings.global.account.<account>         of a global account
//	settings.tenant.<id>.own                  of a tenant
//	settings.tenant.<id>.account.<account>    of an account in it
//	history.<the same>.<key>.<number>         one version of one key
//	history.global.group.<group>.<key>.<number>
//
// What is below settings.tenant.<id> shares its numbers, and so does what is
// below settings.global. No token of one kind can be taken for another, since
// each that comes from outside is escaped.
const (
	settingsPrefix = "settings."
	historyPrefix  = "history."
	globalScope    = "global"
	tenantScope    = "tenant."
)

// scopeOf names those who share numbers with an owner.
func scopeOf(o config.Owner) string {
	if o.Tenant == "" {
		return globalScope
	}
	return tenantScope + escape(string(o.Tenant))
}

// entryOf returns the key of an owner's document.
func entryOf(o config.Owner) string {
	if o.Account != "" {
		return settingsPrefix + scopeOf(o) + ".account." + escape(o.Account)
	}
	return settingsPrefix + scopeOf(o) + ".own"
}

// historyOf returns what precedes the numbers in the keys of the versions of
// one setting, with the dot.
func historyOf(o config.Owner, key string) string {
	who := ".own."
	switch {
	case o.Account != "":
		who = ".account." + escape(o.Account) + "."
	case o.Group != "":
		who = ".group." + escape(o.Group) + "."
	}
	return historyPrefix + scopeOf(o) + who + escape(key) + "."
}

// versionOf returns the number at the end of a key of the history, 0 where
// there is none.
func versionOf(key string) int64 {
	n, err := strconv.ParseInt(key[strings.LastIndexByte(key, '.')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// tenantOf returns whose numbers the key of a document counts for. ok is false
// for a key that is none of ours.
func tenantOf(entry string) (id tenant.ID, ok bool) {
	rest, ok := strings.CutPrefix(entry, settingsPrefix)
	if !ok {
		return "", false
	}
	if strings.HasPrefix(rest, globalScope+".") {
		return "", true
	}
	rest, ok = strings.CutPrefix(rest, tenantScope)
	name, _, more := strings.Cut(rest, ".")
	id = tenant.ID(name) // which has nothing in it to escape
	return id, ok && more && id.Valid()
}

// subject returns the subject of a key, or of a pattern of keys.
func (s *Store) subject(key string) string { return "$KV." + s.cfg.Bucket + "." + key }

// escape makes one token of a key from any text: all but ASCII letters, digits,
// - and _ becomes = and two hexadecimal digits. No two texts give the same.
func escape(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			b.Write([]byte{'=', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// streamOf returns the name of the stream behind a bucket.
func streamOf(bucket string) string { return "KV_" + bucket }

// validBucket reports whether NATS takes s for a bucket.
func validBucket(s string) bool {
	return s != "" && escape(s) == s
}

// deleted reports whether an entry only says that there is none any more, which
// other programs' commands leave behind.
func deleted(m *jetstream.RawStreamMsg) bool {
	return m.Header.Get("KV-Operation") != "" || m.Header.Get("Nats-Marker-Reason") != ""
}
