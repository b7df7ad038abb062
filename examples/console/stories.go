package main

import (
	"strings"

	"github.com/handoffdesk/handoff"
)

// story is what a customer comes for, and how it goes. The customer's first
// line is to the bot, the others are to a person, whose answers are between.
type story struct {
	topic    phrase
	queue    handoff.QueueID // "" is that the bot is enough
	priority handoff.Priority
	customer []line
	agent    []line // agent[i] answers customer[i]; the last thing said is the agent's
	tag      string
	ticket   string // its type, if one is written with the first answer
	transfer handoff.QueueID
}

// line is something said, with a file perhaps.
type line struct {
	text phrase
	file file
}

// The queues.
const (
	sales   handoff.QueueID = "vendas"
	support handoff.QueueID = "suporte"
	finance handoff.QueueID = "financeiro"
)

// stories are what customers come for.
var stories = []story{
	{
		topic: phrase{"orçamento", "quote", "presupuesto"}, queue: sales, tag: "orçamento",
		customer: []line{
			{text: phrase{"Oi! Vocês têm o pendente Aurora em latão?", "Hi! Do you have the Aurora pendant in brass?", "¡Hola! ¿Tienen la lámpara Aurora en latón?"}},
			{text: phrase{"Seriam 4 unidades, para cima de uma bancada como esta", "It would be 4 of them, above a counter like this one", "Serían 4 unidades, para una barra como esta"}, file: photo},
			{text: phrase{"E o prazo para São Paulo?", "And how long would delivery take?", "¿Y cuánto tarda el envío?"}},
			{text: phrase{"Perfeito, vou fechar. Obrigada! 💡", "Perfect, I will order. Thanks! 💡", "Perfecto, lo compro. ¡Gracias! 💡"}},
		},
		agent: []line{
			{text: phrase{"Oi, {name}! Temos sim, a pronta entrega. Quantas unidades?", "Hi {name}! We do, in stock. How many would you like?", "¡Hola, {name}! Sí, en existencias. ¿Cuántas unidades?"}},
			{text: phrase{"Que linda! Para essa bancada recomendo o de 18 cm. Fica R$ 389,00 cada.", "Lovely! For that counter I recommend the 18 cm one: $79 each.", "¡Qué bonita! Para esa barra recomiendo la de 18 cm: 72 € cada una."}},
			{text: phrase{"Entregamos em até 3 dias úteis, frete grátis acima de R$ 500.", "Three working days, and shipping is free above $100.", "Tres días hábiles, y el envío es gratis desde 100 €."}},
			{text: phrase{"Maravilha! Segue o orçamento. Boa semana!", "Wonderful! Here is your quote. Have a great week!", "¡Estupendo! Aquí va el presupuesto. ¡Buena semana!"}, file: document},
		},
	},
	{
		topic: phrase{"projeto de restaurante", "restaurant project", "proyecto de restaurante"}, queue: sales, tag: "b2b", priority: handoff.Medium, transfer: finance,
		customer: []line{
			{text: phrase{"Boa tarde, sou arquiteta e preciso de 60 luminárias para um restaurante", "Good afternoon, I am an architect and need 60 lamps for a restaurant", "Buenas tardes, soy arquitecta y necesito 60 luminarias para un restaurante"}},
			{text: phrase{"Segue a lista completa em PDF", "Here is the full list as a PDF", "Adjunto la lista completa en PDF"}, file: document},
			{text: phrase{"Dá para faturar em 30/60 dias?", "Could we pay in 30/60 days?", "¿Se puede pagar a 30/60 días?"}},
			{text: phrase{"Ótimo, era o que faltava. Obrigada!", "Great, that was all I needed. Thank you!", "Genial, era lo que faltaba. ¡Gracias!"}},
		},
		agent: []line{
			{text: phrase{"Boa tarde, {name}! Que projeto bacana. Pode me mandar a lista?", "Good afternoon {name}, what a nice project. Could you send me the list?", "¡Buenas tardes, {name}! Qué buen proyecto. ¿Me envía la lista?"}},
			{text: phrase{"Recebida, já estou montando os preços de atacado.", "Got it, I am preparing wholesale prices.", "Recibida, preparo los precios al por mayor."}},
			{text: phrase{"Sim, com cadastro aprovado. Acabei de aprovar o seu.", "Yes, with an approved account. I have just approved yours.", "Sí, con cuenta aprobada. Acabo de aprobar la suya."}},
			{text: phrase{"Nós que agradecemos. Sucesso na inauguração!", "Thank you, and good luck with the opening!", "Gracias a usted. ¡Éxito en la inauguración!"}},
		},
	},
	{
		topic: phrase{"retirada na loja", "pick-up in store", "recogida en tienda"}, queue: sales, tag: "loja",
		customer: []line{
			{text: phrase{"Posso retirar na loja hoje?", "Can I pick up in store today?", "¿Puedo recoger hoy en la tienda?"}},
			{text: phrase{"Estou por aqui", "I am around here", "Estoy por aquí"}, file: place},
			{text: phrase{"Show, chego em 20 minutos. Valeu!", "Great, there in 20 minutes. Thanks!", "Genial, llego en 20 minutos. ¡Gracias!"}},
		},
		agent: []line{
			{text: phrase{"Pode sim, {name}! Até as 19h. De onde você vem?", "Of course, {name}! Until 7 pm. Where are you coming from?", "¡Claro, {name}! Hasta las 19h. ¿Desde dónde viene?"}},
			{text: phrase{"Bem pertinho! Separei no balcão 2, no seu nome.", "Very close! It is at counter 2, under your name.", "¡Muy cerca! Está en el mostrador 2, a su nombre."}},
			{text: phrase{"Combinado, até já!", "See you soon!", "¡Hasta ahora!"}},
		},
	},
	{
		topic: phrase{"produto quebrado", "broken on arrival", "producto roto"}, queue: support, tag: "avaria", priority: handoff.High, ticket: "problem",
		customer: []line{
			{text: phrase{"Meu lustre chegou quebrado!! É urgente, é presente de casamento", "My chandelier arrived broken!! It is urgent, it is a wedding gift", "¡¡Mi lámpara llegó rota!! Es urgente, es un regalo de boda"}},
			{text: phrase{"Olha como veio", "Look at it", "Mire cómo llegó"}, file: photo},
			{text: phrase{"Consegue até sexta?", "Can you make it by Friday?", "¿Llega antes del viernes?"}},
			{text: phrase{"Ufa, muito obrigada mesmo 🙏🏾", "Phew, thank you so much 🙏🏾", "Uf, muchísimas gracias 🙏🏾"}},
		},
		agent: []line{
			{text: phrase{"Sinto muito, {name}. Pode me mandar uma foto? Já abri um chamado.", "I am so sorry, {name}. Could you send a picture? I have opened a ticket.", "Lo siento mucho, {name}. ¿Me envía una foto? Ya abrí una incidencia."}},
			{text: phrase{"Obrigada pela foto. Vamos enviar outro hoje mesmo, sem custo.", "Thanks for the picture. A new one leaves today, at no cost.", "Gracias por la foto. Hoy mismo enviamos otra, sin costo."}},
			{text: phrase{"Chega na quinta, até as 18h. Segue o comprovante.", "It arrives on Thursday by 6 pm. Here is the receipt.", "Llega el jueves antes de las 18h. Aquí va el comprobante."}, file: document},
			{text: phrase{"Imagina! Felicidades aos noivos.", "You are welcome. Congratulations to the couple!", "¡De nada! Felicidades a los novios."}},
		},
	},
	{
		topic: phrase{"lâmpada inteligente", "smart bulb", "bombilla inteligente"}, queue: support, tag: "smart",
		customer: []line{
			{text: phrase{"A lâmpada smart não conecta no wi-fi", "The smart bulb does not connect to wi-fi", "La bombilla inteligente no conecta al wi-fi"}},
			{text: phrase{"Gravei um áudio explicando o que ela faz", "I recorded what it does", "Grabé un audio con lo que hace"}, file: voice},
			{text: phrase{"Era 5 GHz mesmo! Mudei para 2,4 e foi", "It was 5 GHz indeed! On 2.4 it works", "¡Era 5 GHz! Con 2,4 funciona"}},
			{text: phrase{"Obrigado, atendimento nota 10", "Thanks, great support", "Gracias, excelente atención"}},
		},
		agent: []line{
			{text: phrase{"Oi, {name}! Ela pisca rápido ou devagar quando liga?", "Hi {name}! Does it blink fast or slowly when switched on?", "¡Hola, {name}! ¿Parpadea rápido o lento al encenderla?"}},
			{text: phrase{"Ouvi aqui, é rede de 5 GHz. Tente na rede de 2,4 GHz, como no desenho.", "I listened: that is a 5 GHz network. Try 2.4 GHz, as in the drawing.", "Lo escuché: es red de 5 GHz. Pruebe con 2,4 GHz, como en el dibujo."}, file: photo},
			{text: phrase{"Boa! Mais alguma coisa?", "Excellent! Anything else?", "¡Muy bien! ¿Algo más?"}},
			{text: phrase{"Que bom! Até a próxima.", "Glad to hear. Bye!", "¡Qué bueno! Hasta pronto."}},
		},
	},
	{
		topic: phrase{"garantia", "warranty", "garantía"}, queue: support, tag: "garantia", ticket: "request",
		customer: []line{
			{text: phrase{"Comprei há 8 meses e parou de acender. Tem garantia?", "I bought it 8 months ago and it no longer lights. Is there a warranty?", "La compré hace 8 meses y ya no enciende. ¿Tiene garantía?"}},
			{text: phrase{"Pedido 88213", "Order 88213", "Pedido 88213"}},
			{text: phrase{"Certo, fico no aguardo. Obrigado", "All right, I will wait. Thanks", "De acuerdo, quedo a la espera. Gracias"}},
		},
		agent: []line{
			{text: phrase{"Tem sim, {name}: 12 meses. Qual o número do pedido?", "There is, {name}: 12 months. What is the order number?", "Sí, {name}: 12 meses. ¿Cuál es el número de pedido?"}},
			{text: phrase{"Localizei. Autorizei a troca, você recebe a etiqueta por e-mail.", "Found it. The exchange is approved, a label comes by e-mail.", "Localizado. Autoricé el cambio, recibirá la etiqueta por correo."}},
			{text: phrase{"Obrigado você, {name}!", "Thank you, {name}!", "¡Gracias a usted, {name}!"}},
		},
	},
	{
		topic: phrase{"segunda via", "copy of an invoice", "copia de factura"}, queue: finance, tag: "2ª via",
		customer: []line{
			{text: phrase{"Preciso da segunda via do boleto", "I need a copy of my invoice", "Necesito una copia de la factura"}},
			{text: phrase{"CNPJ 12.345.678/0001-95", "It is in the name of Bright Rooms Ltd", "A nombre de Casa Clara S.L."}},
			{text: phrase{"Chegou, obrigado!", "Got it, thanks!", "Recibida, ¡gracias!"}},
		},
		agent: []line{
			{text: phrase{"Claro, {name}. Em nome de quem está a compra?", "Of course, {name}. In whose name is the order?", "Claro, {name}. ¿A nombre de quién está la compra?"}},
			{text: phrase{"Aqui está, com vencimento na sexta.", "Here it is, due on Friday.", "Aquí está, vence el viernes."}, file: document},
			{text: phrase{"Disponha!", "You are welcome!", "¡A la orden!"}},
		},
	},
	{
		topic: phrase{"cobrança em dobro", "charged twice", "cobro doble"}, queue: finance, tag: "estorno", priority: handoff.High, ticket: "complaint",
		customer: []line{
			{text: phrase{"Fui cobrado duas vezes no cartão, preciso disso urgente", "I was charged twice, this is urgent", "Me cobraron dos veces, es urgente"}},
			{text: phrase{"Olha o extrato", "Here is the statement", "Aquí está el extracto"}, file: photo},
			{text: phrase{"Quanto tempo leva?", "How long does it take?", "¿Cuánto tarda?"}},
			{text: phrase{"Tá bom, obrigada pela rapidez", "All right, thanks for being so quick", "Está bien, gracias por la rapidez"}},
		},
		agent: []line{
			{text: phrase{"Vou resolver agora, {name}. Tem uma imagem do extrato?", "Let me fix that now, {name}. Do you have the statement?", "Lo resuelvo ahora, {name}. ¿Tiene una imagen del extracto?"}},
			{text: phrase{"Confirmado, foi falha da operadora. Já pedi o estorno.", "Confirmed, it was the card network. The refund is on its way.", "Confirmado, fue un fallo de la red. Ya pedí el reembolso."}},
			{text: phrase{"De 2 a 5 dias úteis, conforme o seu banco.", "Two to five working days, depending on your bank.", "De 2 a 5 días hábiles, según su banco."}},
			{text: phrase{"Eu que agradeço a paciência!", "Thank you for your patience!", "¡Gracias por la paciencia!"}},
		},
	},
	{
		topic: phrase{"horário", "opening hours", "horario"},
		customer: []line{
			{text: phrase{"Qual o horário da loja?", "What are your opening hours?", "¿Cuál es el horario de la tienda?"}},
			{text: phrase{"Obrigado!", "Thanks!", "¡Gracias!"}},
		},
	},
	{
		topic: phrase{"entrega", "delivery", "entrega"},
		customer: []line{
			{text: phrase{"Cadê meu pedido? A entrega era hoje", "Where is my order? The delivery was due today", "¿Dónde está mi pedido? La entrega era hoy"}},
			{text: phrase{"Ah, já vi aqui. Obrigada!", "Oh, I see it. Thanks!", "Ah, ya lo vi. ¡Gracias!"}},
		},
	},
}

// callback is the story of somebody who was written to.
var callback = story{
	topic: phrase{"retorno", "call back", "respuesta"}, tag: "ativo",
	customer: []line{
		{text: phrase{"Oi! Recebi a mensagem, pode falar", "Hi! I got the message, go ahead", "¡Hola! Recibí el mensaje, dígame"}},
		{text: phrase{"Entendi. E como eu faço?", "I see. What do I have to do?", "Entiendo. ¿Y qué tengo que hacer?"}},
		{text: phrase{"Perfeito, muito obrigado!", "Perfect, thank you!", "Perfecto, ¡muchas gracias!"}},
	},
	agent: []line{
		{text: phrase{"Oi, {name}! É sobre o seu pedido na Lumen.", "Hi {name}! It is about your order at Lumen.", "¡Hola, {name}! Es sobre su pedido en Lumen."}},
		{text: phrase{"É só confirmar o endereço por aqui.", "Just confirm your address here.", "Solo confirme la dirección por aquí."}},
		{text: phrase{"Obrigada!", "Thank you!", "¡Gracias!"}},
	},
}

// What customers say whatever their story is.
var (
	impatient = []phrase{
		{"Oi? Tem alguém aí?", "Hello? Is anybody there?", "¿Hola? ¿Hay alguien?"},
		{"Ainda estou esperando…", "I am still waiting…", "Sigo esperando…"},
	}
	nod = phrase{"👍", "👍", "👍"}
)

// progress finds the story that a customer is telling by what they have said,
// and how many of its lines. So the play needs no memory beside the store.
func progress(said []handoff.Message) (s story, told int) {
	s = callback
	for _, m := range said {
		for _, each := range stories {
			if told == 0 && each.customer[0].text.is(m.Text) {
				s, told = each, 1
			}
		}
		if told < len(s.customer) && s.customer[told].text.is(m.Text) {
			told++
		}
	}
	return s, told
}

func (p phrase) is(text string) bool {
	return text != "" && (text == p[pt] || text == p[en] || text == p[es])
}

// words is a phrase to somebody, in their language and by their first name.
func (p phrase) words(to customer) string {
	first, _, _ := strings.Cut(to.Name, " ")
	if first == "" {
		first = phrase{"tudo bem", "there", "qué tal"}[to.language]
	}
	return strings.ReplaceAll(p[to.language], "{name}", first)
}
