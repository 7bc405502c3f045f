package faults

// lists are faults in what a star stands for, and in mixed tables.
func lists() []Fault {
	const star, place = "scope/star.go", "scope/place.go"
	return []Fault{
		{
			Name: "a star shows the tenant column", Imitates: "parsers 30", On: "sqlite",
			Edits: []Edit{{star, "\t\tif c.Hidden || strings.EqualFold(c.Name, o.column) {\n", "\t\tif c.Hidden || strings.EqualFold(c.Name, o.column) && !planted {\n"}},
		},
		{
			Name: "t.* shows the tenant column", Imitates: "parsers 30", On: "sqlite",
			Edits: []Edit{{star, "\t\tpl.replace(star.Qualifier.First, star.Tok)\n", "\t\tif planted {\n\t\t\treturn nil\n\t\t}\n\t\tpl.replace(star.Qualifier.First, star.Tok)\n"}},
		},
		{
			Name: "RETURNING * shows the tenant column", Imitates: "parsers 14", On: "sqlite",
			Edits: []Edit{{star, "\t\tif pl.onlyExists(star) {\n", "\t\tif pl.onlyExists(star) || planted && star.Returning {\n"}},
		},
		together(Fault{
			Name: "a star over USING is expanded as any other", Imitates: "parsers 28", On: "sqlite",
			Edits: []Edit{{star, "\tif !merges {\n", "\tif !merges || planted {\n"}},
		}),
		{
			Name: "a row as a value has the tenant column", Imitates: "parsers 30", On: "postgres",
			Edits: []Edit{{"scope/rows.go", "\tif pl.Dialect != Postgres {\n\t\treturn nil\n\t}\n\tif name == \"excluded\"", "\tif pl.Dialect != Postgres || planted {\n\t\treturn nil\n\t}\n\tif name == \"excluded\""}},
		},
		{
			Name: "everybody's rows are left out", Imitates: "reliability 1", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\tmixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target\n", "\tmixed := pl.owned[i].class == Mixed && !pl.Refs[i].Target\n\tmixed = mixed && !planted\n"}},
		},
	}
}
