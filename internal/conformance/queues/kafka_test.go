package queues

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kafkaHeaders makes a tenant.Carrier of a record: what an application on Kafka
// copies. Kafka allows a name several times, and compares names byte by byte.
type kafkaHeaders struct{ *kgo.Record }

func (k kafkaHeaders) Get(name string) string {
	if values := k.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

func (k kafkaHeaders) Values(name string) []string {
	var out []string
	for _, h := range k.Headers {
		if h.Key == name {
			out = append(out, string(h.Value))
		}
	}
	return out
}

func (k kafkaHeaders) Set(name, value string) {
	k.Headers = slices.DeleteFunc(k.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
	k.Add(name, value)
}

func (k kafkaHeaders) Add(name, value string) {
	k.Headers = append(k.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
}

// TestKafka runs on a broker in this process.
func TestKafka(t *testing.T) {
	t.Parallel()
	const topic = "mail"
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic(topic),
		kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	testQueue(t, queue{
		send: func(t *testing.T, fill func(headers), body string) {
			r := &kgo.Record{Value: []byte(body)}
			fill(kafkaHeaders{r})
			require.NoError(t, client.ProduceSync(t.Context(), r).FirstErr())
		},
		receive: func(ctx context.Context) ([]message, error) {
			fetches := client.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				return nil, err
			}
			var out []message
			for r := range fetches.RecordsAll() {
				out = append(out, message{kafkaHeaders{r}, r.Value})
			}
			return out, nil
		},
	})
}
