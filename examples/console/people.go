package main

import (
	"fmt"
	"strings"

	"github.com/handoffdesk/handoff"
)

// language is one that the house speaks.
type language int

const (
	pt language = iota
	en
	es
)

// tag is the language as BCP 47 names it.
func (l language) tag() string { return [...]string{"pt-BR", "en", "es"}[l] }

// phrase is something to say, in the languages of the house.
type phrase [3]string

// The channels, and the accounts of the shop on them.
const (
	whatsapp handoff.Channel = "whatsapp"
	web      handoff.Channel = "web"
	telegram handoff.Channel = "telegram"
)

var accountOf = map[handoff.Channel]handoff.AccountID{
	whatsapp: "106540352242922", web: "lumen.example", telegram: "lumen_bot",
}

// customer is a person who writes to the shop.
type customer struct {
	handoff.Address
	handoff.Profile
	language language
}

// inbound is a message of the customer's.
func (c customer) inbound(id string, content handoff.Content) handoff.Inbound {
	return handoff.Inbound{
		Channel: c.Channel, Account: c.Account, Addresses: []string{c.ID}, Profile: c.Profile,
		Provider: id, Content: content,
	}
}

// names are first names and surnames, by language.
var names = [3][2][]string{
	pt: {
		{"Ana Clara", "João Pedro", "Luciana", "Rafael", "Beatriz", "Thiago", "Camila", "Otávio", "Renata", "Vinícius", "Larissa", "Gustavo"},
		{"Moura", "Albuquerque", "Tavares", "Nogueira", "Bittencourt", "Peixoto", "dos Santos", "Figueiredo"},
	},
	en: {
		{"Grace", "Oliver", "Amelia", "Noah", "Zoë", "Liam"},
		{"Whitfield", "Okafor", "Ångström", "Bennett", "O’Connell"},
	},
	es: {
		{"Lucía", "Mateo", "Valentina", "Santiago", "Ximena", "Andrés"},
		{"Fernández", "Quiroga", "Ibáñez", "Morales", "Peña"},
	},
}

// prefixes are where the telephone numbers of each language's customers are.
var prefixes = [3]string{pt: "5511", en: "1415", es: "3460"}

// cast makes the customers of the play: half of them on WhatsApp, the others
// on the web and on Telegram.
func cast() []customer {
	var all []customer
	for i := range 80 {
		lang := [...]language{pt, pt, en, pt, es}[i%5]
		first, last := names[lang][0], names[lang][1]
		name := first[i*7%len(first)] + " " + last[i*3%len(last)]
		c := customer{language: lang, Profile: handoff.Profile{Name: name}}
		switch i % 4 {
		case 0, 2:
			c.Channel, c.Number = whatsapp, fmt.Sprintf("%s9%08d", prefixes[lang], 61_204_417+i*104_729)
			c.ID = c.Number
		case 1:
			c.Channel, c.ID = web, fmt.Sprintf("guest-%s-%02d", lang.tag(), i)
		case 3:
			c.Username = strings.ToLower(plain.Replace(name)) + fmt.Sprint(i)
			c.Channel, c.ID = telegram, fmt.Sprint(700_000_000+i*7_919)
		}
		c.Account = accountOf[c.Channel]
		all = append(all, c)
	}
	return all
}

// plain makes a user name of a name.
var plain = strings.NewReplacer(" ", "_", "’", "", "ã", "a", "á", "a", "é", "e", "í", "i", "á", "a", "ñ", "n",
	"ö", "o", "ë", "e", "Å", "A", "ç", "c", "ú", "u", "Ó", "O", "ó", "o", "ê", "e")

// stranger is whoever has an address that is none of the cast's: a number that
// an agent wrote to first, or a visitor of the customer page.
func stranger(a handoff.Address) customer {
	c := customer{Address: a}
	if a.Channel == whatsapp {
		c.Number = a.ID
		for lang, country := range []string{pt: "55", en: "1", es: "34"} {
			if strings.HasPrefix(a.ID, country) {
				c.language = language(lang)
			}
		}
	}
	return c
}
