// Package confignats keeps settings in a key-value bucket of NATS JetStream, and
// tells every process of their changes. It is a module of its own, so that only
// those who use NATS depend on it.
//
//	js, err := jetstream.New(conn)
//	...
//	err = confignats.Create(ctx, js, confignats.Config{Replicas: 3})
//	...
//	store := confignats.NewStore(js, confignats.Config{})
//	settings, err := config.NewResolver(config.Config{Store: store})
//	...
//	go store.Watch(ctx, settings.Invalidate) // in the place of a feed.Poller
//
// No SQL is needed. The server has to be 2.9 or later; from 2.10 on a bucket
// that was removed and made again goes on with its numbers.
//
// # One document an owner
//
// The settings of a tenant are one entry, and so are those of each account in
// it. The global ones and those of all groups are one entry together, since
// they are loaded together. An entry is replaced only if it is still the one
// that was read (compare and swap by revision); else the write begins again and
// asks its If of what is there now. So a write is atomic, and what stands in a
// tenant's way is only another write for the same owner.
//
// An owner's settings have to fit one message, which is 1 MB unless the server
// is told otherwise; a write that would need more fails with a [*SizeError].
//
// # The number is the revision
//
// Numbers have to grow in the order in which writes become visible, also among
// owners that have no entry in common. That is what the sequence of a stream
// does: the number of a write is the revision of the entry, and the number of a
// tenant is that of the newest entry below its part of the bucket. A number in
// the document could not be told of another owner's in time, and a counter in an
// entry of its own would not be written together with the document.
//
// A sequence is not reused while the stream lives, whatever is deleted or
// purged. A stream made by [Create] begins at the time in tenths of a
// millisecond, which is above what an earlier one of that name had reached,
// unless that took more than ten thousand messages a second for all its life.
// What goes back is only a stream that was restored from a backup. The processes must then be started
// again, as with any store: what they know is from a future that did not happen.
//
// What is deleted with the command line is empty and has a new number. What is
// purged from the stream by subject takes its number with it, so delete first.
//
// # The history
//
// A bucket keeps 64 versions of an entry at most, so the history is no matter of
// the bucket: each version of each key is an entry of its own, whose key ends in
// the number and which is written once.
//
// A document and its history are two messages. To have both or none, a document
// tells of the write that made it (who, why, when, what was deleted; what was
// set is in it anyway), and every write brings what it finds there into the
// history before it replaces it. So versions come into the history one write
// later, and History looks in both places. A writer that ends half way leaves
// nothing to repair: the next one does the same again, under the same keys.
//
// [Store.DeleteTenant] takes a tenant's history away; nothing else does. The
// invalid UTF-8 of a reason or an actor is replaced, as JSON has none.
//
// # Reading
//
// A setting that a process has written has to be found by all processes that
// hear of it. Buckets usually let every replica answer, also one that is behind.
// Here the leader of the stream answers (allow_direct is off), and a bucket set
// up otherwise is refused with [ErrUnsuitable]. A load is one request, or two
// where another owner of the same tenant has written last; a write is two, and
// one more for each key that the write before it has changed.
//
// # When it fails
//
// While there is no connection every call fails at once, and the resolver serves
// what it knew last. The client keeps what is sent while it reconnects, and
// sends it later: a write whose connection is lost in that instant can come
// through after its error. It still replaces nothing but what it has
// read. Whoever can not have that connects with nats.ReconnectBufSize(-1).
//
// [Store.Watch] misses nothing: after a reconnect it tells of everybody again,
// and where the server has lost the watcher itself, as when the stream's leader
// changes, the client makes it anew from where it was, within some 20 seconds.
//
// Errors name no tenant, account or value.
package confignats
