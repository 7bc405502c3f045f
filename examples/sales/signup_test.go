package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/internal/storetest"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// onBoth runs f with SQLite and with PostgreSQL.
func onBoth(t *testing.T, f func(w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(newWorld(t, app.Options{})) })
	t.Run("postgres", func(t *testing.T) { f(newWorld(t, app.Options{DSN: storetest.Postgres(t)})) })
}

// Test_D12_SelfRegistration: somebody signs a company up and works in it at
// once, and then manages its users, and no others (D13).
func Test_D12_SelfRegistration(t *testing.T) {
	onBoth(t, func(w *world) {
		cleo := w.browser.Person(w).Phone()
		require.Equal(w, 200, cleo.Open(w.on("", "/")))
		cleo.Sees("Sales for many companies")
		require.Equal(w, 200, cleo.Press("Sign your company up"))
		cleo.Picture("sales-sign-up-phone")

		// What can not be is said at its field, and makes nothing.
		for company, why := range map[string]string{
			"Admin": "This name is reserved.", "USERS": "This name is reserved.", "acme": "A company of this name has signed up already.",
		} {
			cleo.Fill("company", company).Fill("user", "cleo").Fill("email", "cleo@crate.example").Fill("password", "cleo's password")
			require.Equal(w, 422, cleo.Enter("password"))
			cleo.Sees(why)
		}
		cleo.Fill("company", "Crate").Fill("user", "cleo").Fill("email", "cleo@crate.example").Fill("password", "short")
		require.Equal(w, 422, cleo.Press("Sign up"))
		cleo.Sees("At least 8 characters.")
		_, found, err := w.app.Tenants.ByCode(w.Context(), "crate")
		require.NoError(w, err)
		require.False(w, found)

		cleo.Fill("password", "cleo's password")
		require.Equal(w, 200, cleo.Press("Sign up"))
		cleo.Sees("Sales of Crate", "Welcome: Crate is there", "cleo of Crate")

		// The account is a member of the new tenant and of no other, and manages it.
		record, found, err := w.app.Tenants.ByCode(w.Context(), "crate")
		require.NoError(w, err)
		require.True(w, found)
		managers, err := w.app.People.Managers(w.inside(record.ID), "")
		require.NoError(w, err)
		require.Len(w, managers, 1)
		require.Equal(w, record.ID, managers[0].Tenant)
		require.Equal(w, "cleo", managers[0].UserName)

		// It holds nothing yet, and what is entered stays its own.
		for page, empty := range map[string]string{"/companies": "No companies.", "/contacts": "No contacts.", "/tasks": "No tasks.", "/quotas": "No quotas."} {
			require.Equal(w, 200, cleo.Open(w.on("", page)))
			cleo.Sees(empty).SeesNot("only-")
		}
		cleo.Open(w.on("", "/companies"))
		cleo.Fill("name", "Box makers of crate").Fill("city", "Graz").Fill("country", "AT")
		require.Equal(w, 200, cleo.Press("Add"))
		cleo.Sees("The company is there.", "cleo: entered")
		ann := w.person("acme", "ann")
		ann.Open(w.on("acme", "/companies"))
		ann.SeesNot("Box makers")

		t := w.T
		t.Run("D13 the administrator manages the company's own users only", func(t *testing.T) {
			require.Equal(t, 200, cleo.Open(w.on("", "/people")))
			cleo.SeesNot("ann", "bob", "max", "olga")
			cleo.FillIn("new", "user", "zoe").FillIn("new", "email", "zoe@crate.example").FillIn("new", "password", "zoe's password").FillIn("new", "role", "seller")
			require.Equal(t, 200, cleo.PressIn("new", "Add"))
			cleo.Sees("zoe may sign in now.", "Seller").SeesNot("ann", "bob")

			zoe := w.browser.Person(t)
			zoe.Open(w.on("crate", "/sign-in"))
			require.Equal(t, 200, zoe.Fill("user", "zoe").Fill("password", "zoe's password").PressIn("sign-in", "Sign in"))
			zoe.Open(w.on("crate", "/companies"))
			zoe.Sees("Box makers of crate").SeesNot("only-")
			require.Equal(t, 403, zoe.Open(w.on("crate", "/people")), "a seller manages nobody")

			require.Equal(t, 200, cleo.PressIn("person-zoe", "Suspend"))
			cleo.Sees("zoe is suspended.")
			zoe.Open(w.on("crate", "/companies"))
			zoe.Sees("Sign in to Crate").SeesNot("Box makers")
			zoe.Fill("user", "zoe").Fill("password", "zoe's password")
			require.Equal(t, 422, zoe.PressIn("sign-in", "Sign in"))
			zoe.Sees("This account is suspended.")
			require.Equal(t, 200, cleo.PressIn("person-zoe", "Resume"))

			cleo.FillIn("person-zoe", "password", "another password")
			require.Equal(t, 200, cleo.PressIn("person-zoe", "Reset"))
			zoe.Fill("user", "zoe").Fill("password", "zoe's password")
			require.Equal(t, 422, zoe.PressIn("sign-in", "Sign in"))
			zoe.Fill("password", "another password")
			require.Equal(t, 200, zoe.PressIn("sign-in", "Sign in"))
			zoe.Sees("zoe of Crate")

			// Behind the pages: in the company's context there are no others.
			bob, err := w.app.People.Managers(w.inside("bolt"), "")
			require.NoError(t, err)
			for _, change := range []error{
				w.app.People.Suspend(w.inside(record.ID), bob[0].ID, "not mine"),
				w.app.People.Remove(w.inside(record.ID), bob[0].ID, "not mine"),
			} {
				require.True(t, errors.Is(change, member.ErrUnknownAccount), change)
			}
			require.Error(t, w.app.Passwords.Set(w.inside(record.ID), w.app.DB, bob[0].ID, "a stolen account"))
		})
		require.NotEqual(w, tenant.ID("acme"), record.ID)
	})
}
