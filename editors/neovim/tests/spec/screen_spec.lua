local editors = require('support.editor')
local picture = require('support.picture')
local terminals = require('support.terminal')

local COLUMNS, ROWS = 110, 34
local PICTURES = vim.fs.joinpath(vim.fs.dirname(editors.bridge()), '..', 'neovim-pictures')

--- The screen, without what is another at each time.
local function steady(screen)
  screen = screen:gsub('%d%d:%d%d', 'HH:MM'):gsub('%$%d%.%d%d%d', '$0.000'):gsub('%d+%.%d s', 'N.N s')
  return (screen:gsub('[ ]+\n', '\n'):gsub('%s+$', '\n'))
end

--- Compares the screen with the one that is kept.
local function compare(name, screen)
  local path = vim.fs.joinpath(editors.root, 'tests', 'screens', name .. '.txt')
  if vim.env.UPDATE_SCREENS then
    vim.fn.writefile(vim.split(vim.trim(steady(screen)), '\n'), path)
  end
  assert.equal(vim.trim(table.concat(vim.fn.readfile(path), '\n')), vim.trim(steady(screen)))
end

local function draw(name, terminal)
  vim.fn.mkdir(PICTURES, 'p')
  local file = assert(io.open(vim.fs.joinpath(PICTURES, name .. '.svg'), 'w'))
  file:write(picture.svg(terminal:coloured(), COLUMNS))
  file:close()
end

describe('the screen', function()
  local home, terminal

  before_each(function()
    home = editors.home()
    vim.fn.writefile({ '# Notes', '', '- Try the demo', '- Read the README' }, home .. '/work/notes.md')
    terminal = terminals.start({ home = home, columns = COLUMNS, rows = ROWS, arguments = { 'notes.md' } })
    terminal:sees('- Read the README')
  end)

  after_each(function()
    terminals.stop_all()
    editors.stop_all()
  end)

  it('is what a person sees who asks, allows an edit and reads on', function()
    terminal:type(':Claude think, then read notes.md and edit it, fast', 'Enter')
    terminal:sees('Type number and <Enter>')
    compare('edit', terminal:screen())
    draw('edit', terminal)
    terminal:type('1', 'Enter')
    terminal:sees('nothing was written')
    terminal:sees('idle')
    compare('answer', terminal:screen())
    terminal:type(':Claude', 'Enter')
    terminal:type('i', 'Thank you')
    terminal:sees('Thank you')
    draw('chat', terminal)
    terminal:type('C-s')
    terminal:sees('You said “Thank you”')
  end)

  it('has names in its tab line that a person likes', function()
    terminal:type(':Claude Hello fast', 'Enter')
    terminal:sees('You said')
    terminal:type(':Claude', 'Enter', ':tab split', 'Enter')
    terminal:sees('Claude: Hello fast')
    terminal:type(':tabclose', 'Enter', 'C-w', 'k', ':tab split', 'Enter')
    local line = vim.split(terminal:sees('/Hello fast'), '\n')[1]
    assert.is_nil(line:find('%x%x%x%x'), line)
  end)

  it('of a session of Neovim comes without a key to be pressed', function()
    terminal:type(':Claude Hello fast', 'Enter')
    terminal:sees('You said')
    terminal:sees('idle')
    terminal:type(':mksession', 'Enter')
    terminal:sees(':mksession')
    terminals.stop_all()
    terminal = terminals.start({ home = home, columns = COLUMNS, rows = ROWS, arguments = { '-S', 'Session.vim' } })
    assert.is_nil(terminal:sees('You said'):find('Press ENTER', 1, true))
    assert.is_not_nil(terminal:sees('Message Claude'):find('Hello fast', 1, true))
  end)

  it('is what a person sees who interrupts', function()
    terminal:type(':Claude slow', 'Enter')
    terminal:sees('Claude thinks')
    terminal:type(':ClaudeInterrupt', 'Enter')
    terminal:sees('Interrupted.')
    terminal:sees('idle')
    compare('interrupted', terminal:screen())
  end)
end)
