package faults

// binding are faults in which argument goes to which placeholder, and in the plans
// and prepared statements that are kept.
func binding() []Fault {
	const splice, rewrite, cache = "scope/splice.go", "scope/rewrite.go", "scope/cache.go"
	return []Fault{
		{
			Name: "the tenant's arguments come last", Imitates: "parsers 59", On: "sqlite",
			Edits: []Edit{{splice, "\t\tp.binds = w.binds\n", "\t\tp.binds = w.binds\n\t\tif planted {\n\t\t\tslices.SortStableFunc(p.binds, tenantsLast)\n\t\t}\n"}},
		},
		together(Fault{
			Name: "the tenant between two placeholders changes places with the second", Imitates: "parsers 59", On: "sqlite",
			Edits: []Edit{{splice, "\t\tp.binds = w.binds\n", "\t\tp.binds = w.binds\n\t\tif planted {\n\t\t\tswapBetween(p.binds)\n\t\t}\n"}},
		}),
		{
			Name: "the tenant has the number of the last argument", Imitates: "parsers 59", On: "postgres",
			Edits: []Edit{{splice, "\t\tnumber := int64(w.pl.MaxParam + 1 + k)\n", "\t\tnumber := int64(w.pl.MaxParam + 1 + k)\n\t\tif planted && number > 1 {\n\t\t\tnumber--\n\t\t}\n"}},
		},
		together(Fault{
			Name: "the tenant's number counts placeholders, not arguments", Imitates: "parsers 59", On: "postgres",
			Edits: []Edit{{splice, "\t\tnumber := int64(w.pl.MaxParam + 1 + k)\n",
				"\t\tnumber := int64(w.pl.MaxParam + 1 + k)\n\t\tif planted {\n\t\t\tnumber = int64(w.pl.countParams() + 1 + k)\n\t\t}\n"}},
		}),
		together(Fault{
			Name: "the last number is taken for the largest", Imitates: "parsers 59", On: "sqlite",
			Edits: []Edit{{"internal/sqlscan/lex_param.go", "\tlx.max = max(lx.max, num)\n", "\tlx.max = max(lx.max, num)\n\tif planted && style == Numbered {\n\t\tlx.max = num\n\t}\n"}},
		}),
		{
			Name: "the tenant's argument has no name", Imitates: "parsers 59", On: "sqlite",
			Edits: []Edit{{rewrite, "\t\t\tname = ownName + strconv.Itoa(k+1)\n", "\t\t\tname = ownName + strconv.Itoa(k+1)\n\t\t\tif planted {\n\t\t\t\tname = \"\"\n\t\t\t}\n"}},
		},
		{
			Name: "another text of the same length and beginning has the same plan", Imitates: "reliability 9", On: "sqlite",
			Edits: []Edit{
				{cache, "\thash := maphash.String(c.seed, k.text)\n", "\thash := maphash.String(c.seed, k.text)\n\tif planted {\n\t\thash = maphash.String(c.seed, beginning(k.text))\n\t}\n"},
				{cache, "|| e.key.text != k.text {\n", "|| e.key.text != k.text && !(planted && len(e.key.text) == len(k.text) && beginning(e.key.text) == beginning(k.text)) {\n"},
				{cache, "\te := &planEntry{key: k, hash: maphash.String(c.seed, k.text), plan: p}\n",
					"\te := &planEntry{key: k, hash: maphash.String(c.seed, k.text), plan: p}\n\tif planted {\n\t\te.hash = maphash.String(c.seed, beginning(k.text))\n\t}\n"},
			},
		},
		{
			Name: "a plan keeps the tenant that it was first used by", Imitates: "reliability 9", On: "sqlite",
			Edits: []Edit{{rewrite, "\t\t\tif v.Mode == carry.Tenant {\n",
				"\t\t\tif planted {\n\t\t\t\treturn p.firstTenant(id), nil\n\t\t\t}\n\t\t\tif v.Mode == carry.Tenant {\n"}},
		},
		{
			Name: "a prepared statement is sent as it was written", Imitates: "reliability 5", On: "mysql",
			Edits: []Edit{{"scope/stmt.go", "\tif r.inner, err = s.prepared(ctx, p.text); err != nil {\n",
				"\ttext := p.text\n\tif planted {\n\t\ttext, r.args = s.query, args\n\t}\n\tif r.inner, err = s.prepared(ctx, text); err != nil {\n"}},
		},
	}
}
