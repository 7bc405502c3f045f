package difftest

import "fmt"

// Token is where a token stands.
type Token struct{ Start, End int }

// Boundaries is what a difference between the tokens of two lexers is about: a
// quote or a comment that ends in another place hides what stands behind it.
const Boundaries = "token boundaries"

// A string that goes on after a line feed is one token to some lexers, and a
// letter before a quote one of its own.
const parted = "a literal that one of the lexers has in parts: both have the same begin and end"

// tokens compares our tokens with those of the peer.
func (ty *tally) tokens(peer Peer, ours []Token, text string) []Difference {
	theirs, err := peer.Tokens(text)
	if err != nil {
		return []Difference{{Boundaries, err.Error()}}
	}
	for len(ours) > 0 && len(theirs) > 0 {
		a, b := ours[0], theirs[0]
		ours, theirs = ours[1:], theirs[1:]
		if a == b {
			continue
		}
		if a.Start != b.Start {
			return []Difference{{Boundaries, fmt.Sprintf("ours %v, theirs %v", a, b)}}
		}
		for a.End != b.End && quoteAt(text, a, b) {
			switch {
			case a.End < b.End && len(ours) > 0 && ours[0].End <= b.End:
				a.End, ours = ours[0].End, ours[1:]
				continue
			case a.End > b.End && len(theirs) > 0 && theirs[0].End <= a.End:
				b.End, theirs = theirs[0].End, theirs[1:]
				continue
			}
			break
		}
		if a.End != b.End {
			return []Difference{{Boundaries, fmt.Sprintf("ours %v, theirs %v", a, b)}}
		}
		ty.tolerated[parted]++
	}
	if len(ours)+len(theirs) > 0 {
		return []Difference{{Boundaries, fmt.Sprintf("left over: ours %v, theirs %v", ours, theirs)}}
	}
	return nil
}

// quoteAt reports whether the longer of two tokens is a literal in quotes.
func quoteAt(text string, a, b Token) bool {
	end := max(a.End, b.End)
	return text[end-1] == '\''
}
