package app

import "github.com/gotenancy/tenancy/tenant"

// sample is a site of the sample data.
type sample struct {
	record        tenant.Tenant
	manager       string
	people        []string
	categories    []sampleCategory
	courses       []sampleCourse
	organisations []sampleOrganisation
	offers        map[string]int // what the site takes for a course of the catalogue
	blogs         bool
}

type sampleCategory struct{ parent, id, name, dean string }

type sampleCourse struct {
	Course
	modules            []Module
	teachers, students []string
	tags               []string
}

type sampleOrganisation struct {
	short, name string
	courses     []string
}

// samples are the sites. North and south both have a course "algebra" with a
// module "intro", and somebody called alex: equal ids and names do no harm.
var samples = []sample{
	{
		record: tenant.Tenant{ID: "north", Code: "north", Name: "North University", Language: "en", Theme: "sky",
			Description: "Welcome to North University.\n\nTwo departments, one site."},
		manager: "nora",
		people:  []string{"alex", "ned", "till", "arthur", "mira"},
		categories: []sampleCategory{
			{TopCategory, "arts", "Department of Arts", "arthur"},
			{TopCategory, "medicine", "Department of Medicine", "mira"},
		},
		courses: []sampleCourse{
			{Course: Course{"algebra", TopCategory, "Algebra of the North", "Groups, rings, fields."},
				modules:  []Module{{ID: "intro", Title: "Groups", Body: "A set and an operation. " + Canary("north")}, {ID: "n-rings", Title: "Rings", Body: "Two operations. " + Canary("north")}},
				teachers: []string{"till"}, students: []string{"ned", "alex"}, tags: []string{"mathematics"}},
			{Course: Course{"painting", "arts", "Painting", "Oil and water."},
				modules: []Module{{ID: "n-oil", Title: "Oil", Body: "Slow to dry. " + Canary("north")}}, students: []string{"ned"}, tags: []string{"practice"}},
			{Course: Course{"anatomy", "medicine", "Anatomy", "What we are made of."},
				modules: []Module{{ID: "n-bones", Title: "Bones", Body: "There are 206. " + Canary("north")}}},
		},
		organisations: []sampleOrganisation{
			{"NorthArts", "Faculty of Arts", []string{"painting"}},
			{"NorthScience", "Faculty of Science", []string{"algebra", "anatomy"}},
		},
		offers: map[string]int{"safety": 100},
		blogs:  true,
	},
	{
		record: tenant.Tenant{ID: "south", Code: "south", Name: "Südwerk Training", Language: "de", Theme: "brick",
			Description: "Willkommen bei Südwerk.\n\nWeiterbildung für den Betrieb."},
		manager:    "sam",
		people:     []string{"alex", "sue", "silas"},
		categories: []sampleCategory{{TopCategory, "office", "Büro", ""}},
		courses: []sampleCourse{
			{Course: Course{"algebra", TopCategory, "Algebra im Süden", "Rechnen im Betrieb."},
				modules:  []Module{{ID: "intro", Title: "Dreisatz", Body: "Drei sind gegeben. " + Canary("south")}},
				teachers: []string{"silas"}, students: []string{"sue", "alex"}, tags: []string{"rechnen"}},
			{Course: Course{"welding", TopCategory, "Schweißen", "Mit Maske."},
				modules: []Module{{ID: "s-torch", Title: "Brenner", Body: "Heiß. " + Canary("south")}}, students: []string{"sue"}},
		},
		organisations: []sampleOrganisation{{"Suedwerk", "Südwerk Akademie", []string{"algebra", "welding"}}},
		offers:        map[string]int{"safety": 90, "first-aid": 80},
	},
	{
		record: tenant.Tenant{ID: "harbour", Code: "harbour", Name: "Harbour Partners", Language: "es", Theme: "forest", Parent: "south",
			Description: "Bienvenidos a Harbour."},
		manager: "hana",
		people:  []string{"hugo"},
		courses: []sampleCourse{
			{Course: Course{"ropes", TopCategory, "Nudos", "Cabos y nudos."},
				modules: []Module{{ID: "h-bowline", Title: "As de guía", Body: "El rey de los nudos. " + Canary("harbour")}}, students: []string{"hugo"}},
		},
		offers: map[string]int{"first-aid": 60},
	},
}
