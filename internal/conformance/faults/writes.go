package faults

// writtenReferences are faults in UPDATE, DELETE and MERGE.
func writtenReferences() []Fault {
	const (
		beside   = `(block.Kind == sqlscan.UpdateBlock || block.Kind == sqlscan.DeleteBlock) && !ref.Target`
		inDelete = `ref.Target && block.Kind == sqlscan.DeleteBlock`
	)
	return []Fault{
		lost("UPDATE altogether", "reliability 1", "sqlite", `ref.Target && block.Kind == sqlscan.UpdateBlock`),
		lost("the tables beside the target of UPDATE", "parsers 44", "sqlite", beside),
		lost("the tables beside the target of DELETE", "parsers 44", "postgres", beside+` && block.Kind == sqlscan.DeleteBlock`),
		lost("the tables beside the target of a joined UPDATE", "parsers 45", "mysql", beside+` && block.Several`),
		together(lost("DELETE whose condition has IN with a query", "parsers 46", "sqlite", inDelete+` && pl.hasInQuery(block.Where)`)),
		together(lost("UPDATE and DELETE with LIMIT", "parsers 51", "mysql", `ref.Target && pl.has(block.All.First, block.All.End-1, sqlscan.KwLimit)`)),
		together(lost("DELETE with an alias and a condition", "parsers 45", "postgres", inDelete+` && ref.Alias >= 0 && block.Where.Kw >= 0`)),
		lost("a write inside WITH", "parsers 16", "postgres", `ref.Target && open >= 0`),
		lost("the target of MERGE", "parsers 15, 47", "postgres", `ref.Target && block.Kind == sqlscan.MergeBlock`),
		lost("the source of MERGE", "parsers 15", "postgres", `!ref.Target && block.Kind == sqlscan.MergeBlock`),
		lost("a query in SET", "parsers 14", "sqlite", `open >= 0 && pl.clauseKw(open) == sqlscan.KwSet && pl.tokenKw(pl.clauseAt(open)-1) != sqlscan.KwUpdate`),
		lost("a query in VALUES", "parsers 14", "sqlite", `open >= 0 && pl.clauseKw(open) == sqlscan.KwValues`),
		lost("a query in RETURNING", "parsers 14", "sqlite", `open >= 0 && pl.clauseKw(open) == sqlscan.KwReturning`),
		together(lost("a query in DO UPDATE SET", "parsers 14, 42", "sqlite", `open >= 0 && pl.clauseKw(open) == sqlscan.KwSet && pl.tokenKw(pl.clauseAt(open)-1) == sqlscan.KwUpdate`)),
		together(lost("a query in ON DUPLICATE KEY UPDATE", "parsers 14, 40", "mysql", `open >= 0 && pl.clauseKw(open) == sqlscan.KwDuplicate`)),
		together(Fault{
			Name: "the second mixed table of a joined UPDATE is written as it is read", Imitates: "parsers 45", On: "mysql", Unverified: true,
			Edits: []Edit{{"scope/assign.go", "\t\t\t\tref.Target, found = ref.Target || is, found || is\n", "\t\t\t\tref.Target, found = ref.Target || is && !planted, found || is\n"}},
		}),
		together(Fault{
			Name: "the second mixed table of a joined DELETE is written as it is read", Imitates: "parsers 45", On: "mysql",
			Edits: []Edit{{"internal/sqlscan/write.go", "\t\tif err := p.writable(ref); err != nil {\n\t\t\treturn err\n\t\t}\n\t\tfound = true\n",
				"\t\tif planted && i > int(from) {\n\t\t\tfound = true\n\t\t\tcontinue\n\t\t}\n\t\tif err := p.writable(ref); err != nil {\n\t\t\treturn err\n\t\t}\n\t\tfound = true\n"}},
		}),
		{
			Name: "everybody's rows are written as they are read", Imitates: "reliability 10", On: "sqlite", Unverified: true,
			Edits: []Edit{{"scope/place.go", "\tmixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target\n", "\tmixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target\n\tif planted {\n\t\tmixed = pl.owned[i].class == Mixed\n\t}\n"}},
		},
		{
			Name: "statements of a transaction run as if across all tenants", Imitates: "reliability 3, 8", On: "sqlite",
			Edits: []Edit{{"scope/conn.go", "\tcase v.Mode == c.tx.Mode && v.ID == c.tx.ID && slices.Equal(v.IDs(), c.tx.IDs()):\n",
				"\tcase planted:\n\t\tall := *v\n\t\tall.Mode = carry.AcrossAll\n\t\treturn &all\n\tcase v.Mode == c.tx.Mode && v.ID == c.tx.ID && slices.Equal(v.IDs(), c.tx.IDs()):\n"}},
		},
	}
}
