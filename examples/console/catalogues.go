package main

import (
	"context"

	"github.com/handoffdesk/handoff"
)

// What the shop's people choose from.
var (
	tags = []handoff.Tag{
		{ID: "orçamento", Name: "Orçamento", Colour: handoff.Blue},
		{ID: "b2b", Name: "B2B", Colour: handoff.Purple},
		{ID: "loja", Name: "Loja", Colour: handoff.Teal},
		{ID: "avaria", Name: "Avaria", Colour: handoff.Red},
		{ID: "smart", Name: "Casa inteligente", Colour: handoff.Yellow},
		{ID: "garantia", Name: "Garantia", Colour: handoff.Orange},
		{ID: "2ª via", Name: "2ª via", Colour: handoff.Grey},
		{ID: "estorno", Name: "Estorno", Colour: handoff.Pink},
		{ID: "ativo", Name: "Contato ativo", Colour: handoff.Green, SetBy: handoff.ByAgent},
	}
	awayReasons = []handoff.AwayReason{
		{ID: "cafe", Name: "Café", Minutes: 15},
		{ID: "almoco", Name: "Almoço", Minutes: 60},
		{ID: "reuniao", Name: "Reunião", Minutes: 30},
		{ID: "treinamento", Name: "Treinamento"},
	}
	profiles = []handoff.AgentProfile{
		{ID: "supervisao", Name: "Supervisão", Permissions: handoff.RoleAgent | handoff.PermViewAll | handoff.PermReports | handoff.PermIntervene | handoff.PermOverride},
	}
	canned = []handoff.Canned{
		{ID: "ola", Shortcut: "oi", Title: "Saudação", Language: "pt-BR", Text: "Olá, {{contact.first_name|tudo bem}}! Aqui é {{agent.name}}, da Lumen. Como posso ajudar?"},
		{ID: "hello", Shortcut: "hi", Title: "Greeting", Language: "en", Text: "Hello {{contact.first_name|there}}! This is {{agent.name}} from Lumen. How can I help you?"},
		{ID: "hola", Shortcut: "hola", Title: "Saludo", Language: "es", Text: "¡Hola, {{contact.first_name|buenas}}! Soy {{agent.name}}, de Lumen. ¿En qué puedo ayudarle?"},
		{ID: "momento", Shortcut: "momento", Title: "Um momento", Language: "pt-BR", Text: "Só um momento, vou verificar com a equipe de {{queue.name|atendimento}} e já volto."},
		{ID: "trocas", Shortcut: "trocas", Title: "Prazo de trocas", Language: "pt-BR", Text: "A troca pode ser feita em até 30 dias, com a nota. O protocolo deste atendimento é {{conversation.id}}.", Queues: []handoff.QueueID{support}},
	}
)

// stock fills the catalogues.
func (t *town) stock(ctx context.Context) error {
	for _, tag := range tags {
		if err := t.bot.PutTag(ctx, tag); err != nil {
			return err
		}
	}
	for _, r := range awayReasons {
		if err := t.bot.PutAwayReason(ctx, r); err != nil {
			return err
		}
	}
	for _, p := range profiles {
		if err := t.bot.PutProfile(ctx, p); err != nil {
			return err
		}
	}
	for _, c := range canned {
		if err := t.bot.PutCanned(ctx, c); err != nil {
			return err
		}
	}
	return t.putCatalogue(ctx)
}

// putCatalogue has the catalogue of lamps ready to be sent.
func (t *town) putCatalogue(ctx context.Context) error {
	data := document.bytes("catalogue")
	m, err := t.bot.Attach(ctx, data)
	if err != nil {
		return err
	}
	m.Type, m.Name = kinds[document].mime, "catalogo-lumen.pdf"
	return t.bot.PutCanned(ctx, handoff.Canned{
		ID: "catalogo", Shortcut: "catalogo", Title: "Catálogo de luminárias", Language: "pt-BR",
		Text: "Segue o nosso catálogo. Qualquer dúvida, é só chamar!", Attachments: []handoff.Media{m},
	})
}
