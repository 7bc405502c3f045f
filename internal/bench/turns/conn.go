package turns

import (
	"context"
	"database/sql/driver"
)

// OneConn connects with a connection that is there already, so that two pools
// can use it in turns. Two connections are two processes or threads of a
// server, and one of them is often better placed on the machine.
type OneConn struct{ Conn driver.Conn }

// Connect implements driver.Connector.
func (c OneConn) Connect(context.Context) (driver.Conn, error) { return c.Conn, nil }

// Driver implements driver.Connector.
func (c OneConn) Driver() driver.Driver { return nil }
