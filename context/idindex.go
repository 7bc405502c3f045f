package ctxtree

import "slices"

// idIndex finds positions by number. Numbers that lie close together, as those
// of a tenant that was made in one go do, index a table; others are searched for.
type idIndex struct {
	direct bool
	first  int64   // the smallest number
	at     []int32 // direct: by number less first, -1 where there is none; else sorted by number
}

// sparse is how many numbers there may be for each node for the table to be used.
const sparse = 4

func newIDIndex(rows []row) idIndex {
	if len(rows) == 0 {
		return idIndex{}
	}
	first, last := rows[0].id, rows[0].id
	for _, r := range rows {
		first, last = min(first, r.id), max(last, r.id)
	}
	if span := last - first + 1; span <= int64(len(rows))*sparse {
		x := idIndex{direct: true, first: first, at: make([]int32, span)}
		for i := range x.at {
			x.at[i] = -1
		}
		for at, r := range rows {
			x.at[r.id-first] = int32(at)
		}
		return x
	}
	x := idIndex{first: first, at: make([]int32, len(rows))}
	for at := range rows {
		x.at[at] = int32(at)
	}
	slices.SortFunc(x.at, func(a, b int32) int {
		if rows[a].id < rows[b].id {
			return -1
		}
		return 1 // no two are the same
	})
	return x
}

func (x idIndex) find(rows []row, id int64) (at int, found bool) {
	if id < x.first {
		return 0, false
	}
	if x.direct {
		if id-x.first >= int64(len(x.at)) || x.at[id-x.first] < 0 {
			return 0, false
		}
		return int(x.at[id-x.first]), true
	}
	i, found := slices.BinarySearchFunc(x.at, id, func(at int32, id int64) int {
		switch have := rows[at].id; {
		case have < id:
			return -1
		case have > id:
			return 1
		default:
			return 0
		}
	})
	if !found {
		return 0, false
	}
	return int(x.at[i]), true
}
