package transfer

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/scope"
)

// codec is how values of one type leave a database and get into another without
// a loss. The drivers' own types would lose some: the zone of a timestamp, the
// last digits of a decimal, a zero date.
type codec struct {
	expr     string // what to select; %s is the column. "" for a type that is not understood
	form     form
	compares bool // values can be told apart by =
	whole    bool // whole numbers, of so many bits, with one for the sign
	bits     int
	unsigned bool
	uuid     bool
}

// form is what a selected value is, and how it is bound.
type form uint8

const (
	asText   form = iota
	asBytes       // []byte
	asHex         // PostgreSQL's bytea: text on the wire, bytes in the file
	asInt         // bound as a number, since a comparison with text may round
	asFloat       // the same
	asBits        // MySQL's BIT
	asStored      // SQLite, where each value has a type of its own
)

// codecOf returns the codec of a column's type as the server writes it.
func codecOf(d scope.Dialect, typ string) codec {
	switch d {
	case scope.Postgres:
		return postgresCodec(typ)
	case scope.MySQL:
		return mysqlCodec(typ)
	}
	// A plus in front changes nothing, but the driver no longer sees a column with
	// a declared type, of which it would make a time.
	return codec{expr: "typeof(%[1]s), +%[1]s", form: asStored, compares: true, whole: strings.Contains(strings.ToLower(typ), "int"), bits: 64}
}

// postgresCodec: all types of PostgreSQL have a text form that their input
// function reads back; what it depends on is the session's, see probe.
func postgresCodec(typ string) codec {
	c := codec{expr: "CAST(%s AS text)", compares: true}
	switch typ {
	case "bytea":
		c.form = asHex
	case "smallint":
		c.whole, c.bits = true, 16
	case "integer":
		c.whole, c.bits = true, 32
	case "bigint":
		c.whole, c.bits = true, 64
	case "uuid":
		c.uuid = true
	case "json", "xml", "point", "lseg", "box", "path", "polygon", "circle", "line":
		c.compares = false
	}
	return c
}

// mysqlBits are the whole numbers of MySQL.
var mysqlBits = map[string]int{"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}

func mysqlCodec(typ string) codec {
	typ = strings.ToLower(typ)
	base := typ[:len(typ)-len(strings.TrimLeft(typ, "abcdefghijklmnopqrstuvwxyz0123456789_"))]
	if bits := mysqlBits[base]; bits > 0 {
		unsigned := strings.Contains(typ, "unsigned")
		if unsigned {
			bits++
		}
		return codec{expr: "CAST(%s AS CHAR)", form: asInt, compares: true, whole: true, bits: bits, unsigned: unsigned}
	}
	switch base {
	case "year":
		return codec{expr: "CAST(%s AS CHAR)", form: asInt, compares: true}
	case "decimal", "numeric", "date", "datetime", "timestamp", "time", "inet4", "inet6":
		return codec{expr: "CAST(%s AS CHAR)", compares: base != "decimal" && base != "numeric"}
	case "uuid":
		return codec{expr: "CAST(%s AS CHAR)", compares: true, uuid: true}
	case "double", "real":
		return codec{expr: "CAST(%s AS CHAR)", form: asFloat}
	case "float": // its own text form has six digits
		return codec{expr: "CAST(CAST(%s AS DOUBLE) AS CHAR)", form: asFloat}
	case "bit":
		return codec{expr: "CAST(%s AS UNSIGNED)", form: asBits}
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return codec{expr: "%s", form: asBytes, compares: true}
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set":
		return codec{expr: "%s", compares: true}
	case "json":
		return codec{expr: "CAST(%s AS CHAR)"}
	}
	return codec{}
}

// values is how many values of a row the codec takes.
func (c codec) values() int {
	if c.form == asStored {
		return 2
	}
	return 1
}

// selected is what to select of a column.
func (c codec) selected(quoted string) string { return fmt.Sprintf(c.expr, quoted) }

// read makes a cell of what was selected.
func (c codec) read(v []any) (cell, error) {
	if c.form == asStored {
		return stored(v[0], v[1])
	}
	var s string
	switch x := v[0].(type) {
	case nil:
		return cell{}, nil
	case []byte:
		s = string(x)
	case string:
		s = x
	case int64:
		s = strconv.FormatInt(x, 10)
	case uint64:
		s = strconv.FormatUint(x, 10)
	case float64:
		s = strconv.FormatFloat(x, 'g', -1, 64)
	default:
		return cell{}, fmt.Errorf("the driver gives a %T for text", x)
	}
	switch c.form {
	case asBytes:
		return cell{blob, s}, nil
	case asBits:
		return cell{integer, s}, nil
	case asHex:
		raw, err := hex.DecodeString(strings.TrimPrefix(s, `\x`))
		return cell{blob, string(raw)}, err
	}
	return cell{text, s}, nil
}

// stored makes a cell of a value of SQLite and of what the server says it is.
func stored(typ, v any) (cell, error) {
	name, _ := typ.(string)
	if b, ok := typ.([]byte); ok {
		name = string(b)
	}
	switch name {
	case "null":
		return cell{}, nil
	case "integer":
		if x, ok := v.(int64); ok {
			return cell{integer, strconv.FormatInt(x, 10)}, nil
		}
	case "real":
		if x, ok := v.(float64); ok {
			return cell{real, strconv.FormatFloat(x, 'g', -1, 64)}, nil
		}
	case "text", "blob":
		kind := map[string]cellKind{"text": text, "blob": blob}[name]
		switch x := v.(type) {
		case string:
			return cell{kind, x}, nil
		case []byte:
			return cell{kind, string(x)}, nil
		case nil: // some drivers have nothing for an empty one
			return cell{kind, ""}, nil
		}
	}
	return cell{}, fmt.Errorf("the driver gives a %T for a value of type %q", v, name)
}

// bind makes an argument of a cell, or says that the file has the wrong kind.
func (c codec) bind(x cell) (any, error) {
	wrong := fmt.Errorf("%w: a value of a kind that its column does not have", ErrFile)
	if x.kind == null {
		return nil, nil
	}
	if c.form == asStored {
		switch x.kind {
		case integer:
			return strconv.ParseInt(x.text, 10, 64)
		case real:
			return strconv.ParseFloat(x.text, 64)
		case blob:
			return []byte(x.text), nil
		}
		return x.text, nil
	}
	switch want := map[form]cellKind{asBytes: blob, asHex: blob, asBits: integer}[c.form]; {
	case want != null && x.kind != want, want == null && x.kind != text:
		return nil, wrong
	}
	switch c.form {
	case asBytes:
		return []byte(x.text), nil
	case asHex:
		return `\x` + hex.EncodeToString([]byte(x.text)), nil
	case asBits:
		return strconv.ParseUint(x.text, 10, 64)
	case asInt:
		if c.unsigned {
			return strconv.ParseUint(x.text, 10, 64)
		}
		return strconv.ParseInt(x.text, 10, 64)
	case asFloat:
		return strconv.ParseFloat(x.text, 64)
	}
	return x.text, nil
}
