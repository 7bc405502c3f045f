package servers

import (
	"context"
	"strings"
)

// StartContainer starts a container of kind whose server is found at dsn,
// whatever address docker names.
func StartContainer(ctx context.Context, kind Kind, dsn string) (*Server, error) {
	kind.image.dsn = strings.ReplaceAll(dsn, "%", "%%") + "%.0s"
	return kind.startContainer(ctx)
}
