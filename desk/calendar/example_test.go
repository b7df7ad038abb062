package calendar_test

import (
	"fmt"
	"time"

	"github.com/handoffdesk/handoff/desk/calendar"
)

func Example() {
	c, err := calendar.Parse([]byte(`{
		"id": "office", "name": "Office", "timeZone": "America/Sao_Paulo", "holidays": "BR",
		"week": {
			"thursday": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "18:00"}],
			"friday":   [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "18:00"}],
			"monday":   [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "18:00"}]
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		fmt.Println(err)
		return
	}
	hours, err := calendar.New(c, zone, calendar.Brazil)
	if err != nil {
		fmt.Println(err)
		return
	}
	thursday := time.Date(2026, 11, 19, 17, 0, 0, 0, zone) // the next day is a holiday
	due, _ := hours.Add(thursday, 2*time.Hour)
	fmt.Println("two business hours later:", due.Format("Mon 15:04"))
	fmt.Println("between:", hours.Between(thursday, due))
	opens, _ := hours.NextOpen(thursday.Add(2 * time.Hour))
	fmt.Println("opens again:", opens.Format("Mon 15:04"))
	// Output:
	// two business hours later: Mon 10:00
	// between: 2h0m0s
	// opens again: Mon 09:00
}
