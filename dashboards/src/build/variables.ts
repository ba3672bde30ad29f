import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'

export type Variable = { build(): VariableModel }

/** The data source that every panel asks. */
export const prometheus = { type: 'prometheus', uid: '$datasource' }

/** What every dashboard lets a reader choose. */
export function commonVariables(): Variable[] {
  return [
    new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    new DatasourceVariableBuilder('tempo').label('Traces').type('tempo'),
    labelValues('job', 'Job', 'label_values(http_server_active_requests, job)'),
    labelValues('instance', 'Instance', 'label_values(http_server_active_requests{job=~"$job"}, instance)'),
    new TextBoxVariableBuilder('diagnostics')
      .label('Diagnostics port')
      .description('Where the links to profiles, stacks and the live page go')
      .defaultValue('http://127.0.0.1:9083')
      .current({ text: 'http://127.0.0.1:9083', value: 'http://127.0.0.1:9083' }),
  ]
}

/** Runs of k6, by their `testid`; all of them to begin with. */
export function testIdVariable(): Variable {
  return labelValues('testid', 'k6 run', 'label_values(k6_vus, testid)')
}

/** Requests a second that a run is judged by; the first is the one to begin with, any other can be typed. */
export function targetVariable(rates: readonly number[]): Variable {
  const options = rates.map((rate, at) => ({ text: `${rate}`, value: `${rate}`, selected: at === 0 }))
  return new CustomVariableBuilder('target')
    .label('Target, requests/s')
    .description('The rate that the run has to hold')
    .values(rates.join(','))
    .options(options)
    .current({ text: `${rates[0]}`, value: `${rates[0]}`, selected: true })
    .allowCustomValue(true)
}

function labelValues(name: string, label: string, query: string): Variable {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(prometheus)
    .query({ query, refId: name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true })
}
