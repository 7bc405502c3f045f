package tenantriver

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

// metadataKey is the one member of a job's metadata that is ours. River's own
// are called river:..., the application's anything else.
const metadataKey = "tenancy"

// origin is what is stored of who a job is for.
type origin struct {
	Version int       `json:"v"`
	Tenant  tenant.ID `json:"tenant,omitempty"`
	Shared  bool      `json:"shared,omitempty"`
}

const originVersion = 1

func (o origin) check() error {
	switch {
	case o.Version != originVersion:
		return fmt.Errorf("tenantriver: the job's metadata is of version %d, this program knows version %d", o.Version, originVersion)
	case o.Shared == (o.Tenant != ""):
		return errors.New("tenantriver: the job's metadata must say either a tenant or that it is shared")
	case o.Shared:
		return nil
	}
	_, err := tenant.ParseID(string(o.Tenant))
	return err
}

// stamp returns metadata with the origin in it.
func stamp(metadata []byte, o origin) ([]byte, error) {
	fields, err := parse(metadata)
	if err != nil {
		return nil, err
	}
	if _, taken := fields[metadataKey]; taken {
		return nil, fmt.Errorf("tenantriver: the metadata of a job to insert has %q already; it comes from the context", metadataKey)
	}
	if fields[metadataKey], err = json.Marshal(o); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// originOf reads what stamp has written. The error is tenant.ErrNoTenant where
// there is nothing.
func originOf(metadata []byte) (origin, error) {
	fields, err := parse(metadata)
	if err != nil {
		return origin{}, err
	}
	text, found := fields[metadataKey]
	if !found {
		return origin{}, tenant.ErrNoTenant
	}
	var o origin
	if err := json.Unmarshal(text, &o); err != nil {
		return origin{}, fmt.Errorf("tenantriver: the job's metadata: %w", err)
	}
	return o, o.check()
}

func parse(metadata []byte) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if len(metadata) > 0 {
		if err := json.Unmarshal(metadata, &fields); err != nil {
			return nil, fmt.Errorf("tenantriver: the job's metadata is no JSON object: %w", err)
		}
	}
	if fields == nil { // null
		fields = map[string]json.RawMessage{}
	}
	return fields, nil
}
