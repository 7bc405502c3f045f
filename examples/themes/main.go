// Themes is two customers on two host names, each with its own colours, name,
// language and front page, and a page on which their managers change these. All
// of it are settings in package config: pages and style sheet are made of what
// the request's tenant has over what the installation has, and the form is
// drawn from the schema of the settings. It asks itself as both customers, and
// prints what each saw. With -serve it keeps listening.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

func main() {
	serve := flag.Bool("serve", false, "keep listening")
	flag.Parse()
	ln, err := net.Listen("tcp", "127.0.0.1:8080")
	if err != nil { // taken: any other will do
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	}
	check(err)
	srv := &http.Server{Handler: open().handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { check(srv.Serve(ln)) }()
	for _, host := range []string{"acme.localhost", "bolt.localhost", "nobody.localhost"} {
		for _, path := range []string{"/", "/theme.css"} {
			fmt.Printf("%s%s -> %s\n", host, path, get(ln.Addr().String(), host, path))
		}
	}
	if *serve {
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		fmt.Printf("listening: http://acme.localhost:%s http://bolt.localhost:%s\n", port, port)
		fmt.Printf("managers: ann of acme, bea of bolt; password %q\n", password)
		select {}
	}
}

// get asks the running server under a host name, as a browser would, and
// returns the status and the line that differs from tenant to tenant.
func get(addr, host, path string) string {
	req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
	check(err)
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	check(err)
	for line := range strings.Lines(string(body)) {
		if strings.Contains(line, "<title>") || strings.HasPrefix(line, ":root") {
			return fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(line))
		}
	}
	return fmt.Sprint(resp.StatusCode)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
