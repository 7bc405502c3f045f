// Package browsertest drives a real Chromium through the pages of the examples, as
// several people at once who share nothing. It is for tests.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience is for what has to happen, on however slow a machine.
const patience = time.Minute

// Browser is a Chromium of a test.
type Browser struct{ ctx context.Context }

// Start starts one, with a profile of its own, and ends it with the test. Where
// none is installed the test is left out, except in CI, where it fails.
func Start(tb testing.TB) *Browser {
	tb.Helper()
	program := find(tb)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(tb.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	tb.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until its processes have left the profile
		cancel()
		stop()
	})
	check(tb, chromedp.Run(ctx), "starting "+program)
	return &Browser{ctx}
}

func check(tb testing.TB, err error, what string) {
	tb.Helper()
	if err != nil {
		tb.Fatalf("%s: %v", what, err)
	}
}

func find(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		tb.Fatal("there is no Chromium: install Debian's package chromium")
	}
	tb.Skip("there is no Chromium; install it to run the tests in a browser")
	return ""
}

// Person is somebody at a browser: a window with cookies of its own.
type Person struct {
	tb     testing.TB
	ctx    context.Context
	status int64 // of the last page
}

// Person returns somebody new, who has no cookies.
func (b *Browser) Person(tb testing.TB) *Person {
	tb.Helper()
	// By hand, as a new profile has no window for a tab yet.
	var tab target.ID
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		ctx = cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(ctx)
		if err == nil {
			tab, err = target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ctx)
		}
		return err
	}))
	check(tb, err, "opening a window")
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(tab))
	p := &Person{tb: tb, ctx: ctx}
	tb.Cleanup(cancel)
	// The context of the first call is the window's for good: one without an end.
	check(tb, chromedp.Run(ctx, network.Enable()), "opening a window")
	return p
}

// Phone makes the window as small as a phone's.
func (p *Person) Phone() *Person {
	p.tb.Helper()
	p.run("becoming a phone", emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	return p
}

// load does something that leads to a page, waits for it and keeps its status.
func (p *Person) load(what string, actions ...chromedp.Action) {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, actions...)
	check(p.tb, err, what)
	p.status = response.Status
}

func (p *Person) run(what string, actions ...chromedp.Action) {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	check(p.tb, chromedp.Run(ctx, actions...), what)
}

// Open goes to an address, and returns the status of the page.
func (p *Person) Open(url string) int {
	p.tb.Helper()
	p.load("opening "+url, chromedp.Navigate(url))
	return p.Status()
}

// Status returns the HTTP status of the page that is shown.
func (p *Person) Status() int { return int(p.status) }

// Fill types a text into the field with that name, after emptying it. In a
// select it is the value.
func (p *Person) Fill(name, text string) *Person {
	p.tb.Helper()
	return p.fill(fmt.Sprintf(`[name=%q]`, name), text)
}

// FillIn is Fill within the element that has the id.
func (p *Person) FillIn(id, name, text string) *Person {
	p.tb.Helper()
	return p.fill(fmt.Sprintf(`[id=%q] [name=%q]`, id, name), text)
}

func (p *Person) fill(field, text string) *Person {
	p.tb.Helper()
	var typed bool
	p.run("filling "+field, chromedp.WaitReady(field, chromedp.ByQuery), chromedp.Evaluate(fmt.Sprintf(`(() => {
		const field = document.querySelector(%q)
		const typed = field.tagName != 'SELECT' && field.type != 'date' && field.type != 'hidden'
		field.value = typed ? '' : %q
		return typed
	})()`, field, text), &typed))
	if typed {
		p.run("filling "+field, chromedp.SendKeys(field, text, chromedp.ByQuery))
	}
	return p
}

// Attach chooses a file in the field with that name.
func (p *Person) Attach(name, file string) *Person {
	p.tb.Helper()
	p.run("attaching to "+name, chromedp.SetUploadFiles(fmt.Sprintf(`[name=%q]`, name), []string{file}, chromedp.ByQuery))
	return p
}

// Press clicks the first button or link whose text is that, within the page,
// and waits for the page it leads to.
func (p *Person) Press(text string) int {
	p.tb.Helper()
	return p.pressIn("//", text)
}

// PressIn is Press within the element that a CSS selector finds.
func (p *Person) PressIn(id, text string) int {
	p.tb.Helper()
	return p.pressIn(fmt.Sprintf("//*[@id=%q]//", id), text)
}

func (p *Person) pressIn(prefix, text string) int {
	p.tb.Helper()
	path := fmt.Sprintf(`%[1]sbutton[normalize-space()=%[2]q] | %[1]sa[normalize-space()=%[2]q]`, prefix, text)
	p.load("pressing "+text, chromedp.Click(path, chromedp.BySearch))
	return p.Status()
}

// Enter presses the key in the field with that name, as somebody without a
// mouse does, and waits for the page it leads to.
func (p *Person) Enter(name string) int {
	p.tb.Helper()
	p.load("Enter in "+name, chromedp.SendKeys(fmt.Sprintf(`[name=%q]`, name), "\r", chromedp.ByQuery))
	return p.Status()
}

// Text returns what the page shows.
func (p *Person) Text() string {
	p.tb.Helper()
	var text string
	p.run("reading the page", chromedp.Evaluate(`document.body.innerText`, &text))
	return text
}

// Source returns the page's markup, of which a visitor sees a part.
func (p *Person) Source() string {
	p.tb.Helper()
	var text string
	p.run("reading the page", chromedp.Evaluate(`document.documentElement.outerHTML`, &text))
	return text
}

// Sees fails the test unless the page shows all of that.
func (p *Person) Sees(texts ...string) *Person {
	p.tb.Helper()
	shown := p.Text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			p.tb.Fatalf("the page does not show %q:\n%s", text, shown)
		}
	}
	return p
}

// SeesNot fails the test if the page has any of that, shown or not.
func (p *Person) SeesNot(texts ...string) *Person {
	p.tb.Helper()
	source := p.Source()
	for _, text := range texts {
		if strings.Contains(source, text) {
			p.tb.Fatalf("the page has %q:\n%s", text, source)
		}
	}
	return p
}

// Address returns where the window is.
func (p *Person) Address() string {
	p.tb.Helper()
	var url string
	p.run("reading the address", chromedp.Location(&url))
	return url
}

// Width is how wide the page is, in pixels of the window: more than the window
// where it has to be moved sideways to be read.
func (p *Person) Width() int {
	p.tb.Helper()
	var width int
	p.run("measuring the page", chromedp.Evaluate(`document.documentElement.scrollWidth`, &width))
	return width
}

// Cookies returns those that the window's page would send, by name.
func (p *Person) Cookies() map[string]*network.Cookie {
	p.tb.Helper()
	all := map[string]*network.Cookie{}
	p.run("reading cookies", chromedp.ActionFunc(func(ctx context.Context) error {
		cookies, err := network.GetCookies().Do(ctx)
		for _, c := range cookies {
			all[c.Name] = c
		}
		return err
	}))
	return all
}

// Carry gives the window a cookie as if the host of that address had set it.
func (p *Person) Carry(url string, c *network.Cookie) {
	p.tb.Helper()
	p.run("carrying a cookie", network.SetCookie(c.Name, c.Value).WithURL(url).WithPath(c.Path).WithSecure(c.Secure).WithHTTPOnly(c.HTTPOnly))
}

// Picture saves the page, also what is below the window, under that name in the folder
// screenshots of the examples, which git ignores.
func (p *Person) Picture(name string) {
	p.tb.Helper()
	var picture []byte
	p.run("taking a picture", chromedp.FullScreenshot(&picture, 100))
	root, err := os.Getwd()
	check(p.tb, err, "where am I")
	for filepath.Base(root) != "examples" && root != filepath.Dir(root) {
		root = filepath.Dir(root)
	}
	folder := filepath.Join(root, "screenshots")
	check(p.tb, os.MkdirAll(folder, 0o755), "saving a picture")
	check(p.tb, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644), "saving a picture")
}

// Close closes the window.
func (p *Person) Close() {
	p.tb.Helper()
	_ = chromedp.Run(p.ctx, target.CloseTarget(chromedp.FromContext(p.ctx).Target.TargetID))
}
