package difftest

import "reflect"

// Node is a node of somebody else's syntax tree, looked at by the names of its
// types and fields. So one code goes over the trees of several parsers, and it
// can not forget a corner of one: whatever a field leads to is visited.
type Node struct{ v reflect.Value }

// Tree returns the node that root, a pointer to a struct, is.
func Tree(root any) Node { return Node{reflect.ValueOf(root)}.resolve() }

// resolve goes through interfaces and pointers.
func (n Node) resolve() Node {
	for n.v.IsValid() && (n.v.Kind() == reflect.Interface || n.v.Kind() == reflect.Pointer) {
		n.v = n.v.Elem()
	}
	return n
}

// Exists reports whether there is a node.
func (n Node) Exists() bool { return n.v.IsValid() }

// Type returns the name of the node's type, without its package.
func (n Node) Type() string {
	if !n.v.IsValid() {
		return ""
	}
	return n.v.Type().Name()
}

// Get returns what the fields lead to, one after the other. It panics if there
// is no such field, which a new version of a parser may bring about.
func (n Node) Get(fields ...string) Node {
	for _, f := range fields {
		if !n.v.IsValid() {
			return n
		}
		v := n.v.FieldByName(f)
		if !v.IsValid() {
			panic("difftest: " + n.Type() + " has no field " + f)
		}
		n = Node{v}.resolve()
	}
	return n
}

// Has reports whether the type of the node has a field of that name.
func (n Node) Has(field string) bool {
	return n.v.Kind() == reflect.Struct && n.v.FieldByName(field).IsValid()
}

// String returns the text in a field, or "".
func (n Node) String(fields ...string) string {
	if f := n.Get(fields...); f.v.IsValid() {
		return f.v.String()
	}
	return ""
}

// Int returns the number in a field, or 0.
func (n Node) Int(fields ...string) int {
	if f := n.Get(fields...); f.v.IsValid() {
		return int(f.v.Int())
	}
	return 0
}

// Uint returns the number without a sign in a field, or 0.
func (n Node) Uint(fields ...string) uint {
	if f := n.Get(fields...); f.v.IsValid() {
		return uint(f.v.Uint())
	}
	return 0
}

// Bool returns the flag in a field, or false.
func (n Node) Bool(fields ...string) bool {
	f := n.Get(fields...)
	return f.v.IsValid() && f.v.Bool()
}

// All returns the nodes in a list.
func (n Node) All(fields ...string) (all []Node) {
	if n = n.Get(fields...); !n.v.IsValid() {
		return nil
	}
	for i := range n.v.Len() {
		all = append(all, Node{n.v.Index(i)}.resolve())
	}
	return all
}

// Interface returns the node as a pointer of its own type, or nil where it has
// none.
func (n Node) Interface() any {
	if !n.v.IsValid() || !n.v.CanAddr() || !n.v.Addr().CanInterface() {
		return nil
	}
	return n.v.Addr().Interface()
}

// Children calls visit for each node that a field of n leads to, with the name
// of that field, in the order of the fields.
func (n Node) Children(visit func(field string, child Node)) {
	if n.v.Kind() != reflect.Struct {
		return
	}
	t := n.v.Type()
	for i := range t.NumField() {
		if t.Field(i).IsExported() || t.Field(i).Anonymous {
			children(t.Field(i).Name, n.v.Field(i), visit)
		}
	}
}

func children(field string, v reflect.Value, visit func(string, Node)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			children(field, v.Elem(), visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			children(field, v.Index(i), visit)
		}
	case reflect.Struct:
		visit(field, Node{v})
	}
}

// Items returns the nodes of a node that is a list itself.
func (n Node) Items() (items []Node) {
	for i := range n.v.Len() {
		items = append(items, Node{n.v.Index(i)}.resolve())
	}
	return items
}
