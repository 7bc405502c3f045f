package sqlscan

import "fmt"

// Reason classifies a refusal.
type Reason string

// The reasons of this package. Package scope adds those that need a policy.
const (
	NotSQL      Reason = "malformed text"        // the lexer can not split it
	Unbalanced  Reason = "unbalanced"            // a parenthesis, quote or comment is not closed
	SecondStmt  Reason = "second statement"      // text after a semicolon
	Unsupported Reason = "unsupported construct" // understood, and not allowed
	Unexpected  Reason = "not understood"        // the structure is not one we know
	TooDeep     Reason = "nested too deeply"     // more than MaxDepth levels
	TooLong     Reason = "text too long"         // more than MaxText bytes
	Ambiguous   Reason = "depends on the server's mode"
)

// Error is a refusal: the construct and where it stands. It never quotes text
// of the statement beyond keywords and names, so no value gets into a log.
type Error struct {
	Reason    Reason
	Construct string // for example "FULL JOIN", or what was found instead of what
	Offset    int    // bytes into the text
}

// Error returns reason, construct and offset.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s at byte %d", e.Reason, e.Construct, e.Offset)
}
