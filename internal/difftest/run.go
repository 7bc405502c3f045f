package difftest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Peer is somebody else's parser.
type Peer struct {
	Name    string
	Dialect tenant.Dialect
	Modes   sqlscan.Modes
	// Read returns what the parser makes of a text, or an error where it does
	// not accept it as one statement. It may panic, which counts as an error.
	Read func(text string) (Reading, error)
	// Tokens returns the tokens of a text that Read accepts. It may be nil.
	Tokens func(text string) ([]Token, error)
}

// tally counts what came out.
type tally struct {
	texts, both, equal, onlyWe, neither, panics int
	unread                                      int // accepted, and only the name read
	made                                        int // texts that only we accept, of which package scope makes something
	refused                                     map[sqlscan.Reason]int
	examples                                    map[sqlscan.Reason]string
	tolerated                                   map[string]int
	differences                                 map[string]int
}

// shown is how many differences of a kind are printed.
const shown = 5

// Run reads each text of the corpora by both parsers and reports each
// difference as an error of t. Refusals and texts that only we accept are
// counted; too many refusals are an error.
func Run(t *testing.T, peer Peer, corpora ...Corpus) {
	for _, c := range corpora {
		t.Run(c.Name, func(t *testing.T) {
			ty := tally{refused: map[sqlscan.Reason]int{}, examples: map[sqlscan.Reason]string{}, tolerated: map[string]int{}, differences: map[string]int{}}
			for text := range c.Texts {
				ty.one(t, peer, text)
			}
			ty.report(t, peer, c)
		})
	}
}

func (ty *tally) one(t *testing.T, peer Peer, text string) {
	ty.texts++
	ours, ok, err := Own(peer.Dialect, peer.Modes, text)
	theirs, peerErr := ty.read(peer, text)
	switch {
	case err != nil && peerErr != nil:
		ty.neither++
	case err != nil:
		ty.refuse(t, err, text)
	case !ok:
		ty.unread++
	case peerErr != nil:
		ty.onlyWe++
		ty.made += ty.splice(t, peer, text)
	default:
		ty.both++
		for _, class := range theirs.Tolerated {
			ty.tolerated[class]++
		}
		found := Compare(ours, theirs)
		if peer.Tokens != nil {
			found = append(found, ty.tokens(peer, ours.Tokens, text)...)
		}
		if len(found) == 0 {
			ty.equal++
		}
		for _, d := range found {
			if ty.differences[d.What]++; ty.differences[d.What] <= shown {
				t.Errorf("%s: %s\n\t%q", d.What, d.Detail, text)
			}
		}
	}
}

var errPanic = errors.New("the parser panicked")

// read asks the peer.
func (ty *tally) read(peer Peer, text string) (r Reading, err error) {
	defer func() {
		if p := recover(); p != nil {
			ty.panics++
			err = errPanic
		}
	}()
	return peer.Read(text)
}

func (ty *tally) refuse(t *testing.T, err error, text string) {
	var refused *sqlscan.Error
	if !errors.As(err, &refused) {
		t.Fatalf("not an *sqlscan.Error: %v", err)
	}
	if ty.refused[refused.Reason]++; ty.refused[refused.Reason] == 1 {
		ty.examples[refused.Reason] = fmt.Sprintf("%v: %.160q", err, text)
	}
}

func (ty *tally) report(t *testing.T, peer Peer, c Corpus) {
	refused := 0
	for _, n := range ty.refused {
		refused += n
	}
	rate := 100 * float64(refused) / float64(max(1, refused+ty.both))
	t.Logf("%s: %d texts, %d accepted by both, %d of them read alike; we alone refuse %d (%.2f %%), we alone accept %d, of which scope rewrites %d; neither %d, not compared %d, panics of the other %d",
		peer.Name, ty.texts, ty.both, ty.equal, refused, rate, ty.onlyWe, ty.made, ty.neither, ty.unread, ty.panics)
	for _, reason := range slices.Sorted(maps.Keys(ty.refused)) {
		t.Logf("refused, %s: %d, such as %s", reason, ty.refused[reason], ty.examples[reason])
	}
	for _, class := range slices.Sorted(maps.Keys(ty.tolerated)) {
		t.Logf("tolerated, %s: %d", class, ty.tolerated[class])
	}
	for _, what := range slices.Sorted(maps.Keys(ty.differences)) {
		t.Errorf("%s: %d differences", what, ty.differences[what])
	}
	switch {
	case ty.both == 0:
		t.Errorf("%s and we have accepted no text of %s together: nothing was compared", peer.Name, c.Name)
	case rate > c.Refusals:
		t.Errorf("we refuse %.2f %% of what %s accepts; the ceiling is %.2f %%", rate, peer.Name, c.Refusals)
	}
}
