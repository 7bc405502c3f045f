// Package queues shows how a tenant travels with a message: tenant.Codec in the
// headers of NATS and of Kafka, and a pool of workers on one scoped database.
package queues
