package tenantgrpc

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/gotenancy/tenancy/tenant"
)

// Resolver finds the tenant that a call is for. It returns tenant.ErrNoAnswer
// if the call says nothing it understands, tenant.ErrUnknownTenant if it names
// one that does not exist, and another error if it is malformed. A resolver must
// be safe for concurrent use. It may read the call's metadata and peer from ctx.
type Resolver func(ctx context.Context, method string) (tenant.ID, error)

// What can be wrong with the metadata of a call.
var (
	// ErrDuplicate: what names the tenant was sent twice.
	ErrDuplicate = errors.New("tenantgrpc: what names the tenant was sent twice")

	// ErrDisagree: the call names two tenants.
	ErrDisagree = errors.New("tenantgrpc: the call names two tenants")
)

// ByAuthority resolves the host that the client dialled, :authority, exactly
// and through the registry: the primary hosts and the verified domains. A proxy
// in front has to pass it on unchanged.
func ByAuthority(reg tenant.Registry) Resolver {
	return func(ctx context.Context, _ string) (tenant.ID, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		values := md.Get(":authority")
		if len(md.Get("host")) > 0 || len(values) > 1 {
			return "", ErrDuplicate
		}
		if len(values) == 0 {
			return "", tenant.ErrBadHost
		}
		host, err := tenant.CanonicalHost(values[0])
		if err != nil {
			return "", err
		}
		t, found, err := reg.ByHost(ctx, host)
		if err != nil {
			return "", err
		}
		if !found {
			return "", tenant.ErrUnknownTenant
		}
		return t.ID, nil
	}
}

// ByMetadata resolves a metadata key that holds a tenant's id. Anybody can send
// metadata, so it counts only from peers that trusted picks: proxies that set
// the key themselves and drop what came with it. From all others, and where
// trusted is nil, the key is as good as absent.
func ByMetadata(key string, trusted func(*peer.Peer) bool) Resolver {
	return func(ctx context.Context, _ string) (tenant.ID, error) {
		p, ok := peer.FromContext(ctx)
		if !ok || trusted == nil || !trusted(p) {
			return "", tenant.ErrNoAnswer
		}
		md, _ := metadata.FromIncomingContext(ctx)
		switch values := md.Get(key); len(values) {
		case 0:
			return "", tenant.ErrNoAnswer
		case 1:
			return tenant.ParseID(values[0])
		default:
			return "", ErrDuplicate
		}
	}
}

// FromNetworks returns a function for [ByMetadata] that picks the peers with an
// address in one of these networks. A peer without an IP address, such as one
// on a Unix socket, is none of them.
func FromNetworks(networks ...netip.Prefix) func(*peer.Peer) bool {
	networks = slices.Clone(networks)
	return func(p *peer.Peer) bool {
		if p == nil {
			return false
		}
		tcp, ok := p.Addr.(*net.TCPAddr)
		if !ok {
			return false
		}
		addr := tcp.AddrPort().Addr().Unmap()
		return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(addr) })
	}
}

// ByClaim resolves what the caller's verified token says. claim returns it from
// ctx, where the application's own sign-in has put it: found is false for a
// call without a token. A claim that is no tenant's id is malformed.
func ByClaim(claim func(ctx context.Context) (text string, found bool)) Resolver {
	return func(ctx context.Context, _ string) (tenant.ID, error) {
		text, found := claim(ctx)
		if !found {
			return "", tenant.ErrNoAnswer
		}
		return tenant.ParseID(text)
	}
}

// First asks the resolvers in order and takes the first answer. An error other
// than tenant.ErrNoAnswer ends the search: a call that names a tenant wrongly
// must not be served as another one.
func First(resolvers ...Resolver) Resolver {
	return func(ctx context.Context, method string) (tenant.ID, error) {
		for _, resolve := range resolvers {
			id, err := resolve(ctx, method)
			if !errors.Is(err, tenant.ErrNoAnswer) {
				return id, err
			}
		}
		return "", tenant.ErrNoAnswer
	}
}

// Agree asks all resolvers. Those that answer have to name the same tenant, or
// the call is refused with [ErrDisagree]; any other error ends the search.
func Agree(resolvers ...Resolver) Resolver {
	return func(ctx context.Context, method string) (tenant.ID, error) {
		var agreed tenant.ID
		for _, resolve := range resolvers {
			id, err := resolve(ctx, method)
			switch {
			case errors.Is(err, tenant.ErrNoAnswer):
				continue
			case err != nil:
				return "", err
			case agreed != "" && id != agreed:
				return "", ErrDisagree
			}
			agreed = id
		}
		if agreed == "" {
			return "", tenant.ErrNoAnswer
		}
		return agreed, nil
	}
}
