package learn

import (
	"context"

	"github.com/gotenancy/tenancy/examples/lms/app"
)

// words are those of the pages' language, which is the site's.
func words(ctx context.Context) map[string]string {
	if w, ok := dictionary[app.Language.Get(ctx)]; ok {
		return w
	}
	return dictionary["en"]
}

var dictionary = map[string]map[string]string{
	"en": {
		"start": "Start", "blog": "Blog", "sign in": "Sign in", "reports": "Reports", "administration": "Administration",
		"contents": "Contents", "courses": "Courses", "locked": "locked", "lock": "Lock", "unlock": "Unlock", "add course": "Add course",
		"title": "Title", "summary": "Summary", "modules": "Modules", "grades": "Grades", "points": "Points", "give": "Give", "person": "Person",
		"roles": "Roles here", "of": "A course of", "offers": "Courses you can book", "user": "User name", "password": "Password",
		"wrong":   "The user name or the password is wrong.",
		"members": "What is in the course is for those who are in it.", "save": "Save", "module": "Module",
	},
	"de": {
		"start": "Start", "blog": "Blog", "sign in": "Anmelden", "reports": "Berichte", "administration": "Verwaltung",
		"contents": "Inhalt", "courses": "Kurse", "locked": "gesperrt", "lock": "Sperren", "unlock": "Entsperren", "add course": "Kurs anlegen",
		"title": "Titel", "summary": "Beschreibung", "modules": "Module", "grades": "Noten", "points": "Punkte", "give": "Vergeben", "person": "Person",
		"roles": "Rollen hier", "of": "Ein Kurs von", "offers": "Kurse zum Buchen", "user": "Benutzername", "password": "Passwort",
		"wrong":   "Benutzername oder Passwort ist falsch.",
		"members": "Was im Kurs steht, ist für seine Teilnehmer.", "save": "Speichern", "module": "Modul",
	},
	"es": {
		"start": "Inicio", "blog": "Blog", "sign in": "Entrar", "reports": "Informes", "administration": "Administración",
		"contents": "Contenido", "courses": "Cursos", "locked": "bloqueado", "lock": "Bloquear", "unlock": "Desbloquear", "add course": "Crear curso",
		"title": "Título", "summary": "Resumen", "modules": "Módulos", "grades": "Notas", "points": "Puntos", "give": "Poner", "person": "Persona",
		"roles": "Roles aquí", "of": "Un curso de", "offers": "Cursos a la venta", "user": "Usuario", "password": "Contraseña",
		"wrong":   "El usuario o la contraseña no es correcto.",
		"members": "Lo que hay en el curso es para sus participantes.", "save": "Guardar", "module": "Módulo",
	},
}
