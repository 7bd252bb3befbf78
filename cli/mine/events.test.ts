import t from 'tap'
import type { MinerEvent } from '../../miner/index.js'
import { createNews } from './events.js'

t.test('a notice from before there is a listener is heard, first and once', (t) => {
  const news = createNews()
  const heard: string[] = []
  const notice = (message: string): MinerEvent => ({ event: 'notice', level: 'warn', code: 'E_X', message })
  news.emit(notice('one'))
  news.emit(notice('two'))
  news.listen((event) => void heard.push(event.event === 'notice' ? event.message : ''))
  news.emit(notice('three'))
  t.same(heard, ['one', 'two', 'three'])
  t.end()
})
