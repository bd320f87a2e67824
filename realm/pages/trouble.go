package pages

// TroubleSecret asks for the secret that opens the page of trouble on demand.
type TroubleSecret struct {
	Frame
	Action string
	Error  string // what was wrong with the last one; "" at first
}

// Trouble is the page of trouble on demand: what goes wrong, and a form for each switch. All forms post to Action, and
// say in the field "do" what they are for.
type Trouble struct {
	Frame
	Action string
	Done   string // what has just been done; "" for nothing
	Alert  string // what was wrong with the form that was just sent; "" for nothing

	Set   []TroubleSet
	Clock string // how far the clock is off, in words; "" when it is right
	Now   string // the realm's time

	Form       TroubleForm
	Algorithms []string // in which a new key can sign
	Keys       []TroubleKey
	Sessions   []TroubleSession
	More       string   // how many sessions are not listed; "" for none
	Users      []string // who has a session
}

// TroubleSet is what goes wrong at an endpoint.
type TroubleSet struct{ Endpoint, Words string }

// TroubleForm is what was typed into the forms last, or what they begin with.
type TroubleForm struct {
	Endpoints, Answers           []TroubleChoice
	Status, Delay, Times, Offset string
}

// TroubleChoice is one of a list to choose from.
type TroubleChoice struct {
	Value, Text string
	Chosen      bool
}

// TroubleKey is a key of the realm.
type TroubleKey struct {
	ID, Algorithm, Priority string
	Use                     string // what it does, in words
}

// TroubleSession is a session that has not ended.
type TroubleSession struct {
	ID, Username            string
	Offline                 bool
	Clients                 []string
	Started, LastUsed, Ends Moment
}
