package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Theme is how a tenant's pages look. A field that is empty is not set: the
// installation's counts then. There is no colour of text in it: that is black
// or white, whichever can be read better, so that nobody can make a page that
// can not be read.
type Theme struct {
	Logo   string `json:"logo"`
	Ground Colour `json:"ground"`
	Accent Colour `json:"accent"`
}

// standard is the theme where nobody has set anything, and where what somebody
// has set is of no use.
var standard = Theme{Logo: "The installation", Ground: "#ffffff", Accent: "#0b57d0"}

// Colour is #rrggbb, or nothing. What it is made of ends in a style sheet, so
// it must be nothing else.
type Colour string

// rgb returns the three parts.
func (c Colour) rgb() (rgb [3]uint8, err error) {
	if len(c) != 7 || c[0] != '#' {
		return rgb, errColour
	}
	for i := range rgb {
		n, err := strconv.ParseUint(string(c[1+2*i:3+2*i]), 16, 8)
		if err != nil {
			return rgb, errColour // the value is not for error messages
		}
		rgb[i] = uint8(n)
	}
	return rgb, nil
}

var errColour = errors.New("a colour is written as #rrggbb, such as #0b57d0")

// validTheme is the rule of the setting. A tenant's own value is a part of a
// theme, so anything may be missing.
func validTheme(t Theme) error {
	for _, c := range []Colour{t.Ground, t.Accent} {
		if c == "" {
			continue
		}
		if _, err := c.rgb(); err != nil {
			return err
		}
	}
	if utf8.RuneCountInString(t.Logo) > 40 {
		return errors.New("a logo has at most 40 characters")
	}
	return nil
}

// css returns the theme as custom properties. It writes numbers that it has
// read itself, and no text out of a setting: even without the rule above there
// would be no way from a setting into the style sheet.
func (t Theme) css() string {
	ground, accent := or(t.Ground, standard.Ground), or(t.Accent, standard.Accent)
	return fmt.Sprintf(":root { --ground: %s; --text: %s; --accent: %s; --on-accent: %s }\n",
		hex(ground), hex(textOn(ground)), hex(accent), hex(textOn(accent)))
}

// or returns the first of two colours that is one.
func or(c, otherwise Colour) [3]uint8 {
	rgb, err := c.rgb()
	if err != nil {
		rgb, _ = otherwise.rgb()
	}
	return rgb
}

func hex(c [3]uint8) string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// textOn returns black or white. The better of the two has a contrast of at
// least 4.58 on any colour, the square root of the contrast between them; WCAG
// 2.2 asks for 4.5.
func textOn(c [3]uint8) [3]uint8 {
	black, white := [3]uint8{}, [3]uint8{255, 255, 255}
	if contrast(c, black) >= contrast(c, white) {
		return black
	}
	return white
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b [3]uint8) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2, from 0 to 1.
func luminance(c [3]uint8) float64 {
	var part [3]float64
	for i, n := range c {
		if v := float64(n) / 255; v <= 0.04045 {
			part[i] = v / 12.92
		} else {
			part[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*part[0] + 0.7152*part[1] + 0.0722*part[2]
}
