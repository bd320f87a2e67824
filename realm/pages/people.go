package pages

import (
	"slices"
	"strings"
)

const (
	fewPeople = 8   // people that a page lists openly
	atMost    = 100 // people that the login page lists at all
	chips     = 6   // roles that a person's button names
	fewPlaces = 8   // places in a file that a report lists openly
)

// folded is a list as a page shows it: some openly, more once unfolded, and the rest only as a number.
type folded[T any] struct {
	Open, More []T
	Rest       int
}

// foldAfter shows a list openly unless it is clearly too long: nobody unfolds two lines.
func foldAfter[T any](all []T, openly, atMost int) folded[T] {
	if len(all) <= openly+2 {
		return folded[T]{Open: all}
	}
	end := min(len(all), atMost)
	return folded[T]{Open: all[:openly], More: all[openly:end], Rest: len(all) - end}
}

func fold(people []Person) folded[Person] { return foldAfter(people, fewPeople, atMost) }

// foldHome leaves nobody out: the home page is where one looks people up.
func foldHome(people []HomePerson) folded[HomePerson] {
	return foldAfter(people, fewPeople, len(people))
}

func foldPlaces(paths []string) folded[string] { return foldAfter(paths, fewPlaces, len(paths)) }

// allRoles leaves out the roles that everybody has by default: they tell nobody apart.
func allRoles(roles []string) folded[string] {
	return folded[string]{Open: slices.DeleteFunc(slices.Clone(roles), func(role string) bool {
		return role == "offline_access" || role == "uma_authorization" || strings.HasPrefix(role, "default-roles-")
	})}
}

// fewRoles are as many of them as a button has room for.
func fewRoles(roles []string) folded[string] { return foldAfter(allRoles(roles).Open, chips, chips) }
