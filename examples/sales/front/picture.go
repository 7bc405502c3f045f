package front

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // a form of picture
	_ "image/png"  // the other
	"io"
	"net/http"
	"strconv"
)

const (
	maxPicture = 256 << 10 // bytes
	maxPixels  = 4000      // in each direction
)

var errPicture = errors.New("front: not an acceptable picture")

// readPicture returns the bytes of an upload and their type, which is what they
// are and not what the browser said.
func readPicture(r *http.Request) ([]byte, string, error) {
	file, _, err := r.FormFile("picture")
	if err != nil {
		return nil, "", errPicture
	}
	defer file.Close() //nolint:errcheck // it was read only
	data, err := io.ReadAll(io.LimitReader(file, maxPicture+1))
	if err != nil || len(data) > maxPicture {
		return nil, "", errPicture
	}
	size, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Width > maxPixels || size.Height > maxPixels {
		return nil, "", errPicture
	}
	return data, "image/" + kind, nil
}

func (s *site) upload(w http.ResponseWriter, r *http.Request) error {
	company, err := id(r)
	if err != nil {
		return err
	}
	var name string
	if err := s.get(r.Context(), &name, `SELECT name FROM companies WHERE id = ?`, company); err != nil {
		return err
	}
	data, kind, err := readPicture(r)
	if err != nil {
		f := newForm()
		f.Wrong["picture"] = "A PNG or JPEG of at most 256 KiB."
		return s.companyPage(w, r, f, s.pages.Invalid)
	}
	err = s.change(r.Context(), `INSERT INTO company_pictures (company_id, type, bytes) VALUES (?, ?, ?)
		ON CONFLICT (company_id) DO UPDATE SET type = excluded.type, bytes = excluded.bytes`, company, kind, data)
	if err == nil {
		s.pages.Back(w, r, fmt.Sprintf("/companies/%d", company), "The picture is saved.")
	}
	return err
}

// picture serves the bytes as what they were checked to be, and as nothing that
// could run. They are the tenant's own, so no cache keeps them.
func (s *site) picture(w http.ResponseWriter, r *http.Request) error {
	company, err := id(r)
	if err != nil {
		return err
	}
	var p struct {
		Type  string
		Bytes []byte
	}
	if err := s.get(r.Context(), &p, `SELECT type, bytes FROM company_pictures WHERE company_id = ?`, company); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Length", strconv.Itoa(len(p.Bytes)))
	h.Set("Content-Disposition", "inline")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(p.Bytes) // the visitor may have gone
	return nil
}
