package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

var digests = regexp.MustCompile(`"digest":"[0-9a-f]*"`)
var counted = regexp.MustCompile(`"lines":\d+`)

// seal makes the last line fit the others, as somebody does who knows the form.
func seal(body, last string) string {
	sum := sha256.Sum256([]byte(body))
	last = digests.ReplaceAllString(last, `"digest":"`+hex.EncodeToString(sum[:])+`"`)
	return body + counted.ReplaceAllString(last, `"lines":`+strconv.Itoa(strings.Count(body, "\n"))) + "\n"
}
