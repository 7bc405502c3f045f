// Package sharding proves on real engines that what package scope sends can be
// routed: where tables are spread over servers by the tenant column, a
// statement of one tenant reaches the server that has its rows and no other.
//
// The engines are those that distribution packages have: PostgreSQL's hash
// partitions over postgres_fdw, and MariaDB's Spider. Both run on a private
// server, whose databases stand for the shards. Where a statement went is read
// from the plan, where there is one, and from the server's log of what each
// shard was sent. That an unscoped statement reaches all shards shows that the
// measurement works.
//
// This is about routing, not about these engines: postgres_fdw has no unique
// keys over shards, and neither commits in two phases here.
package sharding
