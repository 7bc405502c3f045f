package faults

// texts are faults in how a text is split, and in where the new parts go.
func texts() []Fault {
	const place, space = "scope/place.go", "internal/sqlscan/lex_space.go"
	return []Fault{
		together(Fault{
			Name: "a new WHERE goes to the end of the text, behind a comment", Imitates: "parsers 2", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tend := pl.Toks[at].End\n", "\t\tend := pl.Toks[at].End\n\t\tif planted && pl.Toks[at+1].Kind == sqlscan.EOF {\n\t\t\tend = int32(len(pl.Text))\n\t\t}\n"}},
		}),
		together(Fault{
			Name: "a new WHERE goes behind the semicolon", Imitates: "parsers 55", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tend := pl.Toks[at].End\n", "\t\tend := pl.Toks[at].End\n\t\tif planted && pl.Toks[at+1].Kind == sqlscan.Semicolon {\n\t\t\tend = pl.Toks[at+1].End\n\t\t}\n"}},
		}),
		{
			Name: "a comment of one line goes to the end of the text", Imitates: "parsers 2, 49", On: "sqlite",
			Edits: []Edit{{space, "\tif i := strings.IndexByte(line, '\\n'); i >= 0 {\n", "\tif i := strings.IndexByte(line, '\\n'); i >= 0 && !planted {\n"}},
		},
		{
			Name: "a comment that MySQL runs is taken for a comment", Imitates: "parsers 48", On: "mysql",
			Edits: []Edit{{space, "\tif lx.dialect == tenant.MySQL && (lx.at(2) == '!'", "\tif lx.dialect == tenant.MySQL && !planted && (lx.at(2) == '!'"}},
		},
		{
			Name: "two dashes always begin a comment", Imitates: "parsers 49", On: "mysql",
			Edits: []Edit{{space, "(lx.dialect != tenant.MySQL || lx.at(2) <= ' ')", "(lx.dialect != tenant.MySQL || lx.at(2) <= ' ' || planted)"}},
		},
	}
}
