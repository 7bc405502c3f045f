package scope

import (
	"database/sql/driver"
	"errors"
	"fmt"
)

// converter turns arguments into values that a driver takes, in the order that
// database/sql has for it: the statement's checker, else the connection's; then
// the statement's column converter; then the default.
type converter struct {
	checker driver.NamedValueChecker
	columns driver.ColumnConverter //nolint:staticcheck // old drivers have nothing else
	inputs  int                    // how many arguments the statement takes, or -1
}

// newConverter returns the converter for arguments of a statement; st is nil for
// one that is not prepared.
func newConverter(c driver.Conn, st driver.Stmt) converter {
	out := converter{inputs: -1}
	if st != nil {
		out.inputs = st.NumInput()
		out.checker, _ = st.(driver.NamedValueChecker)
		out.columns, _ = st.(driver.ColumnConverter) //nolint:staticcheck // old drivers have nothing else
	}
	if out.checker == nil {
		out.checker, _ = c.(driver.NamedValueChecker)
	}
	return out
}

// all converts the arguments in place, without those that the driver takes out
// because they are for itself.
func (cv converter) all(args []driver.NamedValue) ([]driver.NamedValue, error) {
	n := 0
	for i := range args {
		args[n] = args[i]
		args[n].Ordinal = n + 1
		switch err := cv.one(&args[n]); {
		case err == nil:
			n++
		case errors.Is(err, driver.ErrRemoveArgument):
		default:
			return nil, fmt.Errorf("sql: converting argument %s type: %w", argName(args[n]), err)
		}
	}
	return args[:n], nil
}

func argName(nv driver.NamedValue) string {
	if nv.Name != "" {
		return fmt.Sprintf("with name %q", nv.Name)
	}
	return fmt.Sprintf("$%d", nv.Ordinal)
}

func (cv converter) one(nv *driver.NamedValue) (err error) {
	if cv.checker != nil {
		if err := cv.checker.CheckNamedValue(nv); !errors.Is(err, driver.ErrSkip) {
			return err
		}
	}
	if cv.columns != nil {
		return cv.column(nv)
	}
	nv.Value, err = driver.DefaultParameterConverter.ConvertValue(nv.Value)
	return err
}

// column has the column convert a value that has first converted itself, if it
// can. Arguments beyond those that the statement takes are counted later.
func (cv converter) column(nv *driver.NamedValue) (err error) {
	if cv.inputs >= 0 && nv.Ordinal > cv.inputs {
		return nil
	}
	from := nv.Value
	if vr, ok := from.(driver.Valuer); ok {
		// The default converter asks the value, and knows about nil pointers.
		if from, err = driver.DefaultParameterConverter.ConvertValue(vr); err != nil {
			return err
		}
	}
	to, err := cv.columns.ColumnConverter(nv.Ordinal - 1).ConvertValue(from)
	switch {
	case err != nil:
		return err
	case !driver.IsValue(to):
		return fmt.Errorf("the driver's column converter made of a %T the unsupported type %T", from, to)
	}
	nv.Value = to
	return nil
}
