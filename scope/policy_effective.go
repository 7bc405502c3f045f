package scope

// Effective returns what the policy says about a table of the schema, with
// nothing left to inherit: its class, its tenant column (also where the class has
// none) and the keys that are unique across tenants. name is as the schema has
// it. The error is that of a policy which opens nothing.
func (p Policy) Effective(name string) (Table, error) {
	r, err := p.check()
	if err != nil {
		return Table{}, err
	}
	u, named := r.tables[r.key(name)]
	if !named {
		u = r.others
	}
	return Table{Class: u.class, Column: u.column, Module: p.Tables[name].Module,
		GloballyUnique: append(append([]string(nil), p.GloballyUnique...), u.unique...)}, nil
}
