package sqlgen

// maxTries is how often a statement is made anew until it reaches its goal. What a
// schema has no table for is never reached.
const maxTries = 8

// rarest returns the production that the next statement has to reach: of half of
// all that the dialect has the one that came least often so far.
func (g *Generator) rarest() prod {
	best := pNone
	for _, p := range g.targets {
		if g.percent(50) && (best == pNone || g.count[p]*share(best) < g.count[best]*share(p)) {
			best = p
		}
	}
	if best == pNone {
		return g.draw()
	}
	return best
}

// share is how many statements there should be with the production for one with
// another: more with one that the scoper or the server refuses more often, and with
// one that few schemas have a table for.
func share(p prod) int {
	switch p {
	case pGlobalKey:
		return 4
	case pTenantGiven, pInsertDefault, pTenantLike, pRowCall:
		return 3
	case pPartial, pCTEIsTable, pDerivedIsTable, pWholeRow, pTenantOrder, pTenantValue, pOnConstraint, pUpdateDerived:
		return 2
	}
	return 1
}

// draw returns a random production that the dialect has, of a few the rarest so far.
func (g *Generator) draw() prod {
	best := g.targets[g.rnd.IntN(len(g.targets))]
	for range 3 {
		if p := g.targets[g.rnd.IntN(len(g.targets))]; g.count[p] < g.count[best] {
			best = p
		}
	}
	return best
}

// aim loads the choices in favour of the goal and of up to two more productions,
// so that pairs of rare ones come together. They may stand in the way of the goal:
// the last tries do without them.
func (g *Generator) aim(goal prod, try int) {
	g.toward(goal)
	if try > maxTries/2 {
		return
	}
	for range g.rnd.IntN(3) {
		g.toward(g.draw())
	}
}

// toward loads the choices in favour of the production and of those on the way.
func (g *Generator) toward(p prod) {
	for ; p != pNone; p = grammar[p].via {
		g.focus[p] = true
	}
}

// settle counts what the finished statement has. A goal that was missed counts too,
// lest one that can not be reached here be the goal of every statement.
func (g *Generator) settle(goal prod) {
	for _, p := range g.hits {
		g.count[p]++
	}
	if !g.seen[goal] {
		g.count[goal]++
	}
}
