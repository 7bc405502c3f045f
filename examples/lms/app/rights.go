package app

import (
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
)

// The levels below a tenant's node: categories in one another, courses in
// categories, modules in courses.
const (
	LevelCategory ctxtree.Level = "category"
	LevelCourse   ctxtree.Level = "course"
	LevelModule   ctxtree.Level = "module"
)

func levels() (ctxtree.Levels, error) {
	return ctxtree.NewLevels(
		ctxtree.LevelRule{Level: LevelCategory, Under: []ctxtree.Level{ctxtree.LevelTenant, LevelCategory}},
		ctxtree.LevelRule{Level: LevelCourse, Under: []ctxtree.Level{LevelCategory}},
		ctxtree.LevelRule{Level: LevelModule, Under: []ctxtree.Level{LevelCourse}})
}

// What can be allowed.
const (
	CourseView    = "course:view"     // see what is in a course
	CourseEdit    = "course:edit"     // make courses and modules, and change them
	CourseEnrol   = "course:enrol"    // put people into courses
	CategoryLock  = "category:lock"   // lock a category, and unlock it
	CategoryEdit  = "category:edit"   // make categories
	GradeView     = "grade:view"      // see everybody's grades
	GradeGive     = "grade:give"      // give grades
	PeopleManage  = "people:manage"   // accounts, cohorts and managers of the site
	SiteConfigure = "site:configure"  // theme, language, front page
	SiteReports   = "site:reports"    // log and figures of the site
	RoleAssign    = "role:assign"     // give roles to others
	RoleOverride  = "role:override"   // change what roles may in a place
	SystemTenants = "system:tenants"  // make sites, archive and delete them
	SystemConfig  = "system:settings" // what is the same for all sites
	SystemReports = "system:reports"  // numbers and records of all sites
)

// Capabilities are all of them, with the archetypes that begin with each. What
// is of the system never reaches a tenant's own managers.
func Capabilities() []rbac.Capability {
	managers := may(rbac.ArchetypeManager)
	teachers := may(rbac.ArchetypeManager, rbac.ArchetypeEditingTeacher)
	return []rbac.Capability{
		{Name: CourseView, Kind: rbac.Read, Level: LevelCourse, Defaults: may(rbac.ArchetypeManager, rbac.ArchetypeCreator, rbac.ArchetypeEditingTeacher, rbac.ArchetypeTeacher, rbac.ArchetypeStudent)},
		{Name: CourseEdit, Level: LevelCourse, Risks: rbac.RiskXSS, Defaults: may(rbac.ArchetypeManager, rbac.ArchetypeCreator, rbac.ArchetypeEditingTeacher)},
		{Name: CourseEnrol, Level: LevelCourse, Defaults: teachers},
		{Name: CategoryEdit, Level: LevelCategory, Defaults: managers},
		{Name: CategoryLock, Level: LevelCategory, ManagesLocks: true, Defaults: managers},
		{Name: GradeView, Kind: rbac.Read, Level: LevelCourse, Risks: rbac.RiskPersonal, Defaults: teachers},
		{Name: GradeGive, Level: LevelCourse, Risks: rbac.RiskPersonal, Defaults: teachers},
		{Name: PeopleManage, Level: ctxtree.LevelTenant, Risks: rbac.RiskPersonal, Defaults: managers},
		{Name: SiteConfigure, Level: ctxtree.LevelTenant, Risks: rbac.RiskConfig, Defaults: managers},
		{Name: SiteReports, Kind: rbac.Read, Level: ctxtree.LevelTenant, Risks: rbac.RiskPersonal, Defaults: managers},
		{Name: RoleAssign, Level: LevelCourse, Risks: rbac.RiskManageTrust, Defaults: teachers},
		{Name: RoleOverride, Level: LevelCourse, Risks: rbac.RiskManageTrust, Defaults: managers},
		{Name: SystemTenants, Level: ctxtree.LevelSystem, Risks: rbac.RiskDataLoss, Defaults: managers},
		{Name: SystemConfig, Level: ctxtree.LevelSystem, Risks: rbac.RiskConfig, Defaults: managers},
		{Name: SystemReports, Kind: rbac.Read, Level: ctxtree.LevelSystem, Risks: rbac.RiskPersonal, Defaults: may(rbac.ArchetypeManager, rbac.ArchetypeCreator)},
	}
}

func may(all ...rbac.Archetype) map[rbac.Archetype]rbac.Permission {
	out := map[rbac.Archetype]rbac.Permission{}
	for _, a := range all {
		out[a] = rbac.Allow
	}
	return out
}

// The names of the roles.
const (
	RoleSiteManager = "site-manager" // of those who manage a site; given and taken by itself
	RoleManager     = "manager"      // the same by hand, such as of a dean at a department's category
	RoleTeacher     = "teacher"
	RoleStudent     = "student"
	RoleStaff       = "staff" // of the installation: writes courses with the sites that know it, and sees reports
)

func roles() []rbac.Role {
	return []rbac.Role{
		{Name: RoleSiteManager, Title: "Manager of the site", Archetype: rbac.ArchetypeTenantManager, Levels: []ctxtree.Level{ctxtree.LevelTenant, LevelCategory}},
		{Name: RoleManager, Title: "Manager of a part", Archetype: rbac.ArchetypeManager, Levels: []ctxtree.Level{LevelCategory}},
		{Name: RoleTeacher, Title: "Teacher", Archetype: rbac.ArchetypeEditingTeacher, Levels: []ctxtree.Level{LevelCategory, LevelCourse}},
		{Name: RoleStudent, Title: "Student", Archetype: rbac.ArchetypeStudent, Levels: []ctxtree.Level{LevelCourse}},
		{Name: RoleStaff, Title: "Staff of the installation", Archetype: rbac.ArchetypeCreator, Levels: []ctxtree.Level{ctxtree.LevelSystem}},
	}
}
